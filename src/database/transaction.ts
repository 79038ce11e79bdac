import { setTimeout as pause } from 'node:timers/promises'
import type { SqlEntityManager } from '@mikro-orm/mysql'
import { ServiceUnavailableError } from '../errors.ts'
import { isRetryable, isUnavailable } from './faults.ts'

const MAX_RETRIES = 3

/**
 * Runs the work as one transaction. Deadlocks, lock time-outs and SQLITE_BUSY run the whole work again, at most
 * 3 times, so it must hold nothing that may not be repeated: no hashing, no network call but the database's.
 *
 * @throws ServiceUnavailableError where the database is away or stays busy. Nothing was done then, unless the
 *   commit was sent and its answer lost: outcome 'unknown'.
 */
export async function inTransaction<T>(em: SqlEntityManager, work: () => Promise<T>): Promise<T> {
  for (let retry = 0; ; retry++) {
    let isCommitting = false
    try {
      return await em.transactional(async (inner) => {
        const result = await work()
        await inner.flush()
        isCommitting = true
        return result
      })
    } catch (error) {
      if (isRetryable(error) && retry < MAX_RETRIES) {
        em.clear()
        await pause(retry * 10 + Math.random() * 20)
        continue
      }
      if (!isUnavailable(error)) throw error
      throw new ServiceUnavailableError({
        cause: error,
        outcome: isCommitting && !isRetryable(error) ? 'unknown' : undefined,
      })
    }
  }
}
