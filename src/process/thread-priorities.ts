import { readdir, readFile } from 'node:fs/promises'
import { getPriority, setPriority } from 'node:os'

/**
 * Steps of niceness below the main thread, by the name of the thread; one at 5 weighs a third of one at 0, one at 3 half
 * (sched(7)). V8's threads collect garbage and compile, and sometimes the main thread waits for them: so they go before
 * libuv's, which hash passwords.
 */
const STEPS_DOWN: Readonly<Record<string, number>> = { V8Worker: 3, 'libuv-worker': 5 }

/**
 * Lets the main thread go before all others: a request that has come in, or whose rows have, then need not wait for its
 * core until a hash or a collection of garbage has used up its turn. Not further down, or beside other busy processes of
 * the machine sign-ins would take too long. Linux has a niceness for each thread; elsewhere nothing is done.
 */
export async function yieldToMainThread(): Promise<void> {
  if (process.platform !== 'linux') return
  // Reading asynchronously starts libuv's threads, if nothing has before.
  for (const id of (await readdir('/proc/self/task')).map(Number)) {
    const name = await readFile(`/proc/self/task/${id}/comm`, 'utf8')
    const steps = STEPS_DOWN[name.trim()]
    if (steps !== undefined) setPriority(id, Math.min(getPriority(id) + steps, 19))
  }
}
