import { raw } from '@mikro-orm/core'
import { EntityRepository } from '@mikro-orm/mysql'
import { isId } from '../database/ids.ts'
import type { TableOf } from '../database/rows.ts'
import type { UserRow } from '../users/user.row.ts'
import type { Session } from './session.entity.ts'
import {
  SESSION_COLUMNS,
  type SessionRow,
  type SessionWithUserRow,
  toSessionRow,
  toSessionWithUser,
} from './session.row.ts'

const FIND_OPEN_WITH_USER = `
  select s.id, s.user_id as userId, s.transport, s.csrf_token as csrfToken, s.generation, s.rotated_at as rotatedAt,
    s.created_at as createdAt, s.last_active_at as lastActiveAt, s.expires_at as expiresAt, s.ends_at as endsAt,
    s.ip_address as ipAddress, s.user_agent as userAgent,
    u.username, u.email, u.display_name as displayName, u.role, u.is_active as isActive,
    u.created_at as userCreatedAt, u.updated_at as updatedAt, u.last_login_at as lastLoginAt
  from sessions as s join users as u on u.id = s.user_id
  where s.id = ? and s.ends_at > ?`

interface SessionTables {
  sessions: TableOf<Session>
}

/** Sessions. An ended one has been removed, or its `endsAt` has passed. */
export class SessionRepository extends EntityRepository<Session> {
  /**
   * The open session and its account, disabled ones included, in one statement.
   * SQL text, because every request runs it: with Kysely's builder `me` takes 1.3 times as long.
   */
  async findOpenWithUser(id: string, now: Date): Promise<{ session: SessionRow; user: UserRow } | null> {
    if (!isId(id)) return null
    const [row] = await this.em.execute<SessionWithUserRow[]>(FIND_OPEN_WITH_USER, [id, now])
    return row ? toSessionWithUser(row) : null
  }

  /** Open sessions of several accounts, most recently refreshed first. */
  async findOpenByUsers(userIds: readonly string[], now: Date): Promise<SessionRow[]> {
    if (userIds.length === 0) return []
    const found = await this.#table()
      .select(SESSION_COLUMNS)
      .where('user_id', 'in', userIds)
      .where('ends_at', '>', now)
      .orderBy('last_active_at', 'desc')
      .orderBy('id', 'desc')
      .execute()
    return found.map(toSessionRow)
  }

  /** Ids of the open sessions, least recently refreshed first. */
  async findOpenIds(userId: string, now: Date): Promise<string[]> {
    const found = await this.#table()
      .select('id')
      .where('user_id', '=', userId)
      .where('ends_at', '>', now)
      .orderBy('last_active_at')
      .orderBy('id')
      .execute()
    return found.map(({ id }) => id)
  }

  /** Locks a session's row until the transaction ends; false when it is gone. An update, see `UserRepository.lock`. */
  async lock(id: string): Promise<boolean> {
    return (await this.nativeUpdate({ id }, { turn: raw('turn + 1') })) > 0
  }

  /** Makes the next generation. False when `generation` is no longer current: another request was first. */
  async rotate(id: string, generation: number, now: Date, endsAt: Date): Promise<boolean> {
    const next = { generation: generation + 1, rotatedAt: now, lastActiveAt: now, endsAt }
    return (await this.nativeUpdate({ id, generation }, next)) > 0
  }

  /** Removes sessions and, by cascade, their values. Returns how many there were. */
  async deleteByIds(ids: readonly string[]): Promise<number> {
    return ids.length === 0 ? 0 : this.nativeDelete({ id: { $in: [...ids] } })
  }

  async deleteByUser(userId: string, exceptId?: string): Promise<number> {
    return this.nativeDelete(exceptId === undefined ? { userId } : { userId, id: { $ne: exceptId } })
  }

  /** Removes at most `limit` expired sessions and returns how many. */
  async deleteEnded(now: Date, limit: number): Promise<number> {
    const ended = await this.#table().select('id').where('ends_at', '<=', now).limit(limit).execute()
    return this.deleteByIds(ended.map(({ id }) => id))
  }

  /** A new query each time: one from before a transaction would run outside of it. */
  #table() {
    return this.em.getKysely<SessionTables>().selectFrom('sessions')
  }
}
