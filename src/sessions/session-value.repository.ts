import type { SqlEntityManager } from '@mikro-orm/mysql'
import { rows } from '../database/rows.ts'
import type { SessionValue } from './session-value.entity.ts'

/** The values of sessions in the database. Keys are stored as JSON strings (see the entity). */
export class SessionValueRepository {
  constructor(private readonly em: SqlEntityManager) {}

  /** Every value of a session that has not expired, in no order. */
  async findUnexpired(sessionId: string, now: Date): Promise<{ key: string; value: string }[]> {
    const found = await rows(this.em)
      .selectFrom('SessionValue')
      .select(['key', 'value'])
      .where('sessionId', '=', sessionId)
      .where((eb) => eb.or([eb('expiresAt', 'is', null), eb('expiresAt', '>', now)]))
      .execute()
    return found.map(({ key, value }) => ({ key: JSON.parse(key) as string, value }))
  }

  /** Replaces what was there under this key, its expiry included. */
  async replace(value: SessionValue): Promise<void> {
    await this.delete(value.sessionId, [value.key])
    await rows(this.em)
      .insertInto('SessionValue')
      .values({ ...value, key: JSON.stringify(value.key) })
      .execute()
  }

  /** Without keys: every value of the session. */
  async delete(sessionId: string, keys?: readonly string[]): Promise<void> {
    let query = rows(this.em).deleteFrom('SessionValue').where('sessionId', '=', sessionId)
    if (keys)
      query = query.where(
        'key',
        'in',
        keys.map((key) => JSON.stringify(key)),
      )
    await query.execute()
  }

  async deleteExpired(sessionId: string, now: Date): Promise<void> {
    await rows(this.em)
      .deleteFrom('SessionValue')
      .where('sessionId', '=', sessionId)
      .where('expiresAt', '<=', now)
      .execute()
  }
}
