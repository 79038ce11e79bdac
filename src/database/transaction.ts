import { setTimeout as pause } from 'node:timers/promises'
import { type EntityManager, TransactionPropagation } from '@mikro-orm/core'
import { ServiceUnavailableError } from '../errors.ts'
import { isLockTimeout, isRetryable, isUnavailable } from './faults.ts'

const MAX_RETRIES = 3

/** The server waits a second for a lock. A transaction that began later would wait beyond the 2 seconds promised. */
const LAST_LOCK_WAIT_MS = 1_200

/** By the entity manager of the open transaction. */
const afterCommits = new WeakMap<EntityManager, (() => void)[]>()

/** Calls back once the open `transaction` has committed, and never where it fails. The callback must not throw. */
export function afterCommit(em: EntityManager, callback: () => void): void {
  afterCommits.get(em.getContext())?.push(callback)
}

/**
 * Runs the work in a transaction, or in the open one. After a deadlock, a lock time-out or SQLITE_BUSY the whole work
 * runs again, at most 3 times, so it must be repeatable and short: no hashing, no network call but the database's.
 * Waiting for locks ends after 2 seconds in all.
 *
 * @throws ServiceUnavailableError when the database is away or stays busy. Nothing was written then, except with
 *   outcome 'unknown': the commit was sent, and it failed or its answer was lost.
 */
export async function transaction<T>(em: EntityManager, work: () => Promise<T>): Promise<T> {
  // No retry here: a deadlock ends the outer transaction, which retries as a whole.
  if (em.isInTransaction()) return work()
  const startedAt = performance.now()
  for (let retry = 0; ; retry++) {
    let isCommitting = false
    const callbacks: (() => void)[] = []
    try {
      const result = await em.transactional(
        async (inner) => {
          afterCommits.set(inner, callbacks)
          const done = await work()
          await inner.flush()
          isCommitting = true
          return done
        },
        // clear: entities loaded before the transaction may be stale.
        { propagation: TransactionPropagation.REQUIRED, clear: true },
      )
      for (const callback of callbacks) callback()
      return result
    } catch (error) {
      if (!isUnavailable(error) && !isCommitting) throw error
      const isLate = isLockTimeout(error) && performance.now() - startedAt > LAST_LOCK_WAIT_MS
      if (isRetryable(error) && retry < MAX_RETRIES && !isLate) {
        await pause(retry * 10 + Math.random() * 20)
        continue
      }
      const outcome = isCommitting && !isRetryable(error) ? 'unknown' : undefined
      throw new ServiceUnavailableError({ cause: error, outcome })
    }
  }
}
