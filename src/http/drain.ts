/** Counts what runs, for a stop to wait for. A connection is no measure: a stalled upload holds one for ever. */
export class Drain {
  #running = 0
  #draining = false
  #whenIdle: (() => void) | undefined
  #done: Promise<void> | undefined

  /** @param limitMs the longest that a stop waits */
  constructor(readonly limitMs: number) {}

  get isDraining(): boolean {
    return this.#draining
  }

  /** @returns what to call, once, when the work is over */
  enter(): () => void {
    this.#running += 1
    return () => {
      this.#running -= 1
      if (this.#running === 0) this.#whenIdle?.()
    }
  }

  /** From now on nothing new begins. Resolves when all has finished, or the limit is over. Idempotent. */
  start(): Promise<void> {
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
