import { setTimeout as pause } from 'node:timers/promises'
import { type EntityManager, TransactionPropagation } from '@mikro-orm/core'
import { ServiceUnavailableError } from '../errors.ts'
import { isRetryable, isUnavailable } from './faults.ts'

const MAX_RETRIES = 3

/**
 * Runs the work in a transaction, or in the open one. After a deadlock, a lock time-out or SQLITE_BUSY the whole work
 * runs again, at most 3 times, so it must be repeatable and short: no hashing, no network call but the database's.
 *
 * @throws ServiceUnavailableError when the database is away or stays busy. Nothing was written then, except with
 *   outcome 'unknown': the commit was sent, and its answer lost.
 */
export async function transaction<T>(em: EntityManager, work: () => Promise<T>): Promise<T> {
  // No retry here: a deadlock ends the outer transaction, which retries as a whole.
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
        // clear: entities loaded before the transaction may be stale.
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
