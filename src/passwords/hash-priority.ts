import { readdirSync, readFileSync } from 'node:fs'
import { setPriority } from 'node:os'

/** From 0, as other threads have, to 19, the least. */
const NICENESS = 10

/**
 * Hashes run on libuv's threads, and where cores are few they would keep the thread waiting that answers requests. On
 * Linux each thread has a priority of its own: with a lower one, hashes mostly take the time that nobody else needs.
 * To be called when the threads are there: they start with the first hash, or with the reading of the keys.
 */
export function letHashesGiveWay(): void {
  if (process.platform !== 'linux') return
  try {
    for (const thread of readdirSync('/proc/self/task')) lowerIfHashing(thread)
  } catch {
    // No /proc, or a thread has just ended: this is about speed alone, and no reason not to start.
  }
}

function lowerIfHashing(thread: string): void {
  const name = readFileSync(`/proc/self/task/${thread}/comm`, 'utf8').trim()
  if (name === 'libuv-worker') setPriority(Number(thread), NICENESS)
}
