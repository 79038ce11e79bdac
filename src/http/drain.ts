/** Counts running operations for a stop to wait for. Connections do not serve: a stalled upload keeps one open. */
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

  /** @returns a function to call once, when the work is over */
  enter(): () => void {
    this.#running += 1
    return () => {
      this.#running -= 1
      if (this.#running === 0) this.#whenIdle?.()
    }
  }

  /** Begins draining. Resolves when all work has finished or the limit has passed. Idempotent. */
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
