import type { Viewer } from '../authorization/viewer.ts'
import { Conditions } from '../database/conditions.ts'
import type { Database } from '../database/database.ts'
import { isId } from '../database/ids.ts'
import { columnList } from '../database/tables.ts'
import { SESSION_PROPERTIES, type Session, type SessionRow } from './session.entity.ts'
import {
  type Family,
  type FamilyRow,
  FIND_FAMILY,
  FIND_VIEWER,
  familyOf,
  type ViewerRow,
  viewerOf,
} from './viewer.row.ts'

const OWNED = columnList({ properties: [...SESSION_PROPERTIES, 'userId'] })

/** With whose it is, since they are read for several accounts at once. */
export type OwnedSession = SessionRow & Pick<Session, 'userId'>

/** Sessions in the database. A session that ended is not there, or its `endsAt` has passed. */
export class SessionRepository {
  constructor(private readonly database: Database) {}

  /** The open session and its account in one statement; also answers for disabled accounts. */
  async findOpenWithUser(id: string, now: Date): Promise<Viewer | null> {
    if (!isId(id)) return null
    const [row] = await this.database.read<ViewerRow>(FIND_VIEWER, [id, now])
    return row ? viewerOf(row) : null
  }

  /** As `findOpenWithUser`, with what a refresh token is checked against. */
  async findFamily(id: string, now: Date): Promise<Family | null> {
    if (!isId(id)) return null
    const [row] = await this.database.read<FamilyRow>(FIND_FAMILY, [id, now])
    return row ? familyOf(row) : null
  }

  /** Open sessions of several accounts, most recently refreshed first. */
  async findOpenByUsers(userIds: readonly string[], now: Date): Promise<OwnedSession[]> {
    if (userIds.length === 0) return []
    const { text, values } = new Conditions().addIn('user_id', userIds).add('ends_at > ?', now)
    const latestFirst = 'order by last_active_at desc, id desc'
    return this.database.read<OwnedSession>(`select ${OWNED} from sessions${text} ${latestFirst}`, values)
  }

  /** Ids of the open sessions, the one refreshed longest ago first. */
  async findOpenIds(userId: string, now: Date): Promise<string[]> {
    const found = await this.database.rows
      .selectFrom('sessions')
      .select('id')
      .where('user_id', '=', userId)
      .where('ends_at', '>', now)
      .orderBy('last_active_at')
      .orderBy('id')
      .execute()
    return found.map(({ id }) => id)
  }

  async insert(session: Session): Promise<void> {
    await this.database.insert('sessions', [session])
  }

  /** Locks a session's row until the transaction ends; false where it has ended. A write, see `UserRepository.lock`. */
  async lock(id: string): Promise<boolean> {
    const result = await this.database.rows
      .updateTable('sessions')
      .set((eb) => ({ id: eb.ref('id') }))
      .where('id', '=', id)
      .executeTakeFirst()
    return result.numUpdatedRows > 0n
  }

  /** Makes the next generation, if `generation` still is the present one. False where somebody else was first. */
  async rotate(id: string, generation: number, now: Date, endsAt: Date): Promise<boolean> {
    const next = { generation: generation + 1, rotatedAt: now, lastActiveAt: now, endsAt }
    return (await this.database.update('sessions', next, { id, generation })) > 0
  }

  /** Ends sessions, and with them their values. Returns how many there were. */
  async delete(ids: readonly string[]): Promise<number> {
    if (ids.length === 0) return 0
    const result = await this.database.rows
      .deleteFrom('sessions')
      .where('id', 'in', [...ids])
      .executeTakeFirst()
    return Number(result.numDeletedRows)
  }

  async deleteByUser(userId: string, exceptId?: string): Promise<number> {
    let query = this.database.rows.deleteFrom('sessions').where('user_id', '=', userId)
    if (exceptId) query = query.where('id', '!=', exceptId)
    return Number((await query.executeTakeFirst()).numDeletedRows)
  }

  /** Removes at most `limit` sessions that ended by themselves and returns how many. */
  async deleteEnded(now: Date, limit: number): Promise<number> {
    const ended = await this.database.rows
      .selectFrom('sessions')
      .select('id')
      .where('ends_at', '<=', now)
      .limit(limit)
      .execute()
    return this.delete(ended.map(({ id }) => id))
  }
}
