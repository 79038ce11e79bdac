import { readdir, readFile } from 'node:fs/promises'
import { getPriority, setPriority } from 'node:os'

/** As libuv names the threads of its pool. */
const POOL_THREAD = 'libuv-worker'

/** Steps of niceness below the rest of the process; a thread at 5 weighs a third of one at 0 (sched(7)). */
const STEPS_DOWN = 5

/**
 * Lets everything else go before libuv's thread pool, where passwords are hashed: a request that has come in, or whose
 * rows have, then need not wait for its core until a hash has used up its turn. Not further down, or beside other busy
 * processes of the machine sign-ins would take too long. Linux has a niceness for each thread; elsewhere nothing is
 * done.
 */
export async function yieldThreadPool(): Promise<void> {
  if (process.platform !== 'linux') return
  // Reading asynchronously starts the pool, if nothing has before.
  for (const id of (await readdir('/proc/self/task')).map(Number)) {
    const name = await readFile(`/proc/self/task/${id}/comm`, 'utf8')
    if (name.trim() === POOL_THREAD) setPriority(id, Math.min(getPriority(id) + STEPS_DOWN, 19))
  }
}
