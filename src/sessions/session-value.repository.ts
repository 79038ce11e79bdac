import { EntityRepository } from '@mikro-orm/mysql'
import type { TableOf } from '../database/rows.ts'
import type { SessionValue } from './session-value.entity.ts'

interface SessionValueTables {
  session_values: TableOf<SessionValue>
}

/** The values of sessions. Converts keys from and to the JSON strings that are stored. */
export class SessionValueRepository extends EntityRepository<SessionValue> {
  /** The unexpired values of a session, unordered. */
  async findUnexpired(sessionId: string, now: Date): Promise<{ key: string; value: string }[]> {
    const found = await this.em
      .getKysely<SessionValueTables>()
      .selectFrom('session_values')
      .select(['key', 'value'])
      .where('session_id', '=', sessionId)
      .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', now)]))
      .execute()
    return found.map(({ key, value }) => ({ key: JSON.parse(key) as string, value }))
  }

  /** Removes the value of this key, and every expired one. */
  async makeRoom(sessionId: string, key: string, now: Date): Promise<void> {
    await this.nativeDelete({ sessionId, $or: [{ key: JSON.stringify(key) }, { expiresAt: { $lte: now } }] })
  }

  async countOf(sessionId: string): Promise<number> {
    return this.count({ sessionId })
  }

  async add(value: SessionValue): Promise<void> {
    await this.insert({ ...value, key: JSON.stringify(value.key) })
  }

  /** Removes one value, or without a key all values of the session. */
  async remove(sessionId: string, key?: string): Promise<void> {
    await this.nativeDelete(key === undefined ? { sessionId } : { sessionId, key: JSON.stringify(key) })
  }
}
