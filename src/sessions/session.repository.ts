import { raw } from '@mikro-orm/core'
import { EntityRepository } from '@mikro-orm/mysql'
import { isId } from '../database/ids.ts'
import { type StoredRow, type TableOf, toDate } from '../database/rows.ts'
import type { Session } from './session.entity.ts'
import {
  SESSION_COLUMNS,
  type SessionRow,
  type SessionWithUser,
  type SessionWithUserRow,
  toSessionRow,
  toSessionWithUser,
} from './session.row.ts'

/** @param before columns that come first */
const findOpenWithUser = (before = '') => `
  select ${before} s.id, s.user_id as userId, s.transport, s.csrf_token as csrfToken, s.generation, s.rotated_at as rotatedAt,
    s.created_at as createdAt, s.last_active_at as lastActiveAt, s.expires_at as expiresAt, s.ends_at as endsAt,
    s.ip_address as ipAddress, s.user_agent as userAgent, s.authenticated_at as authenticatedAt,
    s.has_second_factor as hasSecondFactor,
    u.username, u.email, u.display_name as displayName, u.role, u.is_active as isActive,
    u.created_at as userCreatedAt, u.updated_at as updatedAt, u.last_login_at as lastLoginAt,
    u.email_verified_at as emailVerifiedAt, u.pending_email as pendingEmail, u.totp_enabled_at as totpEnabledAt,
    r.permissions as rolePermissions
  from sessions as s join users as u on u.id = s.user_id left join roles as r on r.name = u.role
  where s.id = ? and s.ends_at > ?`

const FIND_OPEN_WITH_USER = findOpenWithUser()

/** A session with what decides about a refresh token that was used before. */
export interface RefreshableSession extends SessionWithUser {
  /** `Session.recentUses` */
  recentUses: string | null
  /** The database's time, so that instances whose clocks differ agree about the grace. */
  readAt: Date
}

type RefreshMoments = Pick<RefreshableSession, 'recentUses' | 'readAt'>

/** What was given at a sign-in, or again later. */
type Authentication = Pick<SessionRow, 'authenticatedAt' | 'hasSecondFactor'>

type NextGeneration = Pick<Session, 'rotatedAt' | 'recentUses' | 'lastActiveAt' | 'endsAt'>

interface SessionTables {
  sessions: TableOf<Session>
}

/** Sessions. An ended one has been removed, or its `endsAt` has passed. */
export class SessionRepository extends EntityRepository<Session> {
  /**
   * The open session, its account, disabled ones included, and what the role permits, in one statement.
   * SQL text, because every request runs it: with Kysely's builder `me` takes 1.3 times as long.
   */
  async findOpenWithUser(id: string, now: Date): Promise<SessionWithUser | null> {
    if (!isId(id)) return null
    const [row] = await this.em.execute<SessionWithUserRow[]>(FIND_OPEN_WITH_USER, [id, now])
    return row ? toSessionWithUser(row) : null
  }

  /**
   * Like `findOpenWithUser`, for refreshing.
   * @param readAt the time of SQLite, which has no clock of its own; left out: the time of the MySQL server
   */
  async findRefreshable(id: string, now: Date, readAt?: Date): Promise<RefreshableSession | null> {
    if (!isId(id)) return null
    const sql = findOpenWithUser(`${readAt ? '?' : 'utc_timestamp(3)'} as readAt, s.recent_uses as recentUses,`)
    const values = readAt ? [readAt, id, now] : [id, now]
    const [row] = await this.em.execute<(SessionWithUserRow & StoredRow<RefreshMoments>)[]>(sql, values)
    if (!row) return null
    const { readAt: stored, recentUses, ...rest } = row
    return { ...toSessionWithUser(rest), recentUses, readAt: toDate(stored) }
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

  /** Records that the password was given again. False when the session is gone. */
  async renewAuthentication(id: string, authentication: Authentication): Promise<boolean> {
    return (await this.nativeUpdate({ id }, authentication)) > 0
  }

  /** Makes the next generation. False when `generation` is no longer current: another request was first. */
  async rotate(id: string, generation: number, next: NextGeneration): Promise<boolean> {
    return (await this.nativeUpdate({ id, generation }, { generation: generation + 1, ...next })) > 0
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

  /** Removes at most `limit` sessions, open ones too, and returns how many. */
  async deleteAny(limit: number): Promise<number> {
    const found = await this.#table().select('id').limit(limit).execute()
    return this.deleteByIds(found.map(({ id }) => id))
  }

  /** A new query each time: one from before a transaction would run outside of it. */
  #table() {
    return this.em.getKysely<SessionTables>().selectFrom('sessions')
  }
}
