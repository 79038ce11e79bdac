import type { Database } from '../database/database.ts'
import type { SessionValue } from './session-value.entity.ts'

/** The values of sessions in the database. Keys are stored as JSON strings (see the entity). */
export class SessionValueRepository {
  constructor(private readonly database: Database) {}

  /** Every value of a session that has not expired, in no order. */
  async findUnexpired(sessionId: string, now: Date): Promise<{ key: string; value: string }[]> {
    const found = await this.database.rows
      .selectFrom('session_values')
      .select(['key', 'value'])
      .where('session_id', '=', sessionId)
      .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', now)]))
      .execute()
    return found.map(({ key, value }) => ({ key: JSON.parse(key) as string, value }))
  }

  /** Removes what is under this key, and every value that has expired. */
  async makeRoom(sessionId: string, key: string, now: Date): Promise<void> {
    await this.database.rows
      .deleteFrom('session_values')
      .where('session_id', '=', sessionId)
      .where((eb) => eb.or([eb('key', '=', JSON.stringify(key)), eb('expires_at', '<=', now)]))
      .execute()
  }

  async count(sessionId: string): Promise<number> {
    return this.database.count('from session_values where session_id = ?', [sessionId])
  }

  async insert(value: SessionValue): Promise<void> {
    await this.database.insert('session_values', [{ ...value, key: JSON.stringify(value.key) }])
  }

  /** Without a key: every value of the session. */
  async delete(sessionId: string, key?: string): Promise<void> {
    const ofSession = this.database.rows.deleteFrom('session_values').where('session_id', '=', sessionId)
    await (key === undefined ? ofSession : ofSession.where('key', '=', JSON.stringify(key))).execute()
  }
}
