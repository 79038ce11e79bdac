import { EntityRepository } from '@mikro-orm/mysql'
import { type TableOf, toDate } from '../database/rows.ts'
import type { OutboxMessage, Outcome } from './outbox-message.entity.ts'

interface OutboxTables {
  outbox_messages: TableOf<OutboxMessage>
}

/** A message with the number of claims that it had when it was read. */
export type Claim = Pick<OutboxMessage, 'id' | 'attempts'>

/** Messages to deliver, and those that were delivered. */
export class OutboxMessageRepository extends EntityRepository<OutboxMessage> {
  /**
   * Messages that may be claimed. New ones come first, so that none waits behind what a broken server has left behind.
   */
  async findDue(deliveries: readonly string[], now: Date, limit: number): Promise<Claim[]> {
    return this.#table()
      .select(['id', 'attempts'])
      .where('done_at', 'is', null)
      .where('due_at', '<=', now)
      .where('delivery', 'in', deliveries)
      .orderBy('attempts')
      .orderBy('due_at')
      .limit(limit)
      .execute()
  }

  /**
   * Claims a message until `leaseEndsAt` by one conditional update, so that of several instances one gets it, whatever
   * database node each of them writes to. Null for the others.
   */
  async claim({ id, attempts }: Claim, leaseEndsAt: Date): Promise<OutboxMessage | null> {
    const changes = { attempts: attempts + 1, dueAt: leaseEndsAt }
    if (!(await this.nativeUpdate({ id, attempts, doneAt: null }, changes))) return null
    return this.findOne({ id }, { disableIdentityMap: true })
  }

  /** False where the lease ran out, and another instance has claimed the message since. */
  async finish({ id, attempts }: Claim, outcome: Outcome, now: Date, lastFault: string | null): Promise<boolean> {
    return (await this.nativeUpdate({ id, attempts, doneAt: null }, { outcome, doneAt: now, lastFault })) > 0
  }

  async postpone({ id, attempts }: Claim, dueAt: Date, lastFault: string | null): Promise<void> {
    await this.nativeUpdate({ id, attempts, doneAt: null }, { dueAt, lastFault })
  }

  /** What waits of one delivery: how many, and since when the oldest. */
  async findBacklog(delivery: string): Promise<{ waiting: number; oldestAt: Date | null }> {
    const { waiting, oldest } = await this.#table()
      .select((eb) => [eb.fn.countAll().as('waiting'), eb.fn.min('created_at').as('oldest')])
      .where('done_at', 'is', null)
      .where('delivery', '=', delivery)
      .executeTakeFirstOrThrow()
    return { waiting: Number(waiting), oldestAt: oldest === null ? null : toDate(oldest) }
  }

  /** Removes at most `limit` messages that were done before, and returns how many. */
  async deleteDone(before: Date, limit: number): Promise<number> {
    const done = await this.#table().select('id').where('done_at', '<', before).limit(limit).execute()
    return done.length === 0 ? 0 : this.nativeDelete({ id: { $in: done.map(({ id }) => id) } })
  }

  /** A new query each time: one from before a transaction would run outside of it. */
  #table() {
    return this.em.getKysely<OutboxTables>().selectFrom('outbox_messages')
  }
}
