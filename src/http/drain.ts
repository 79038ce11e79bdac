import { setTimeout as pause } from 'node:timers/promises'

/**
 * A stop in two steps: leaving, while requests are served as ever and readiness is refused, so that proxies send them
 * elsewhere; then draining. Counts running operations, not connections: a stalled upload keeps one open.
 */
export class Drain {
  #running = 0
  #isLeaving = false
  #draining = false
  #whenIdle: (() => void) | undefined
  #done: Promise<void> | undefined

  /** @param limitMs the longest that a stop waits */
  constructor(readonly limitMs: number) {}

  /** From the begin of the stop: readiness is refused, and each answer closes its connection. */
  get isLeaving(): boolean {
    return this.#isLeaving
  }

  /** New requests are refused. */
  get isDraining(): boolean {
    return this.#draining
  }

  /** @returns a function to call once, when the work is over */
  enter(): () => void {
    this.#running += 1
    return () => {
      this.#running -= 1
      if (this.#running === 0) this.#whenIdle?.()
    }
  }

  /** Call it before `start`. Resolves after `milliseconds`, in which requests are served. */
  async leave(milliseconds: number): Promise<void> {
    this.#isLeaving = true
    await pause(milliseconds)
  }

  /** Begins draining. Resolves when all work has finished or the limit has passed. Idempotent. */
  start(): Promise<void> {
    this.#isLeaving = true
    this.#draining = true
    this.#done ??= this.#wait()
    return this.#done
  }

  async #wait(): Promise<void> {
    if (this.#running === 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, this.limitMs)
    this.#whenIdle = resolve
    await promise
    clearTimeout(timer)
  }
}
