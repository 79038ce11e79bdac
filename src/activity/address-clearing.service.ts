import type { Logger } from 'pino'
import type { Position } from '../pagination/cursor.ts'
import type { ActivityRepository } from './activity.repository.ts'
import type { AddressClearingRepository } from './address-clearing.repository.ts'

/** Rows in a statement: few, so that it takes milliseconds and locks nothing but them. */
const BATCH = 100
/** Batches of a request. More than a thousand rows of one account are left to `prune`. */
const BATCHES_OF_REQUEST = 10

/**
 * Clears the addresses of deleted accounts in the activity: of what they did, and of anonymous attempts on them. An
 * account may have any number of rows, so this happens after the deletion, in batches that commit one by one. A row of
 * `address_clearings` keeps what is not finished.
 */
export class AddressClearingService {
  constructor(
    private readonly activities: ActivityRepository,
    private readonly clearings: AddressClearingRepository,
    private readonly log: Logger,
  ) {}

  /** Call it in the transaction that deletes the account. */
  async plan(userId: string): Promise<void> {
    await this.clearings.add(userId)
  }

  /** Call it after that transaction. What is much, or fails, is left to `finish`. */
  async begin(userId: string): Promise<void> {
    try {
      await this.#clear(userId, BATCHES_OF_REQUEST)
    } catch (error) {
      this.log.warn({ err: error }, 'The addresses of a deleted account are left to the next pruning')
    }
  }

  /** Finishes all that is planned. Returns how many rows were cleared. */
  async finish(): Promise<number> {
    let cleared = 0
    for (const userId of await this.clearings.findUserIds())
      cleared += await this.#clear(userId, Number.POSITIVE_INFINITY)
    return cleared
  }

  async #clear(userId: string, maxBatches: number): Promise<number> {
    let batches = 0
    let cleared = 0
    for (const by of ['actor_id', 'user_id'] as const) {
      let from: Position | null = null
      do {
        if (batches === maxBatches) return cleared
        const { ids, next } = await this.activities.findIdsOf(userId, by, from, BATCH)
        cleared += await this.activities.clearAddresses(ids, by)
        from = next
        batches += 1
      } while (from)
    }
    await this.clearings.remove(userId)
    return cleared
  }
}
