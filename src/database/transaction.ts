import { setTimeout as pause } from 'node:timers/promises'
import { type EntityManager, TransactionPropagation } from '@mikro-orm/core'
import { ServiceUnavailableError } from '../errors.ts'
import { isRetryable, isUnavailable } from './faults.ts'

const MAX_RETRIES = 3

/**
 * Runs the work as one transaction, or as a part of the one that is open already. Deadlocks, lock time-outs and
 * SQLITE_BUSY run the whole work again, at most 3 times, so it must hold nothing that may not be repeated: no hashing,
 * no network call but the database's.
 *
 * @throws ServiceUnavailableError where the database is away or stays busy. Nothing was done then, unless the commit
 *   was sent and its answer lost: outcome 'unknown'.
 */
export async function transaction<T>(em: EntityManager, work: () => Promise<T>): Promise<T> {
  // The outer transaction retries as a whole: a deadlock has ended it.
  if (em.isInTransaction()) return work()
  for (let retry = 0; ; retry++) {
    let isCommitting = false
    try {
      return await em.transactional(
        async (inner) => {
          const result = await work()
          await inner.flush()
          isCommitting = true
          return result
        },
        // Without the entities loaded before: what is decided here is read here.
        { propagation: TransactionPropagation.REQUIRED, clear: true },
      )
    } catch (error) {
      if (!isUnavailable(error)) throw error
      if (isRetryable(error) && retry < MAX_RETRIES) {
        await pause(retry * 10 + Math.random() * 20)
        continue
      }
      const outcome = isCommitting && !isRetryable(error) ? 'unknown' : undefined
      throw new ServiceUnavailableError({ cause: error, outcome })
    }
  }
}
