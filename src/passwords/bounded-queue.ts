/** Runs so many tasks at a time and lets so many more wait, first come first served. */
export class BoundedQueue {
  readonly #concurrency: number
  readonly #maxWaiting: number
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor(concurrency: number, maxWaiting: number) {
    this.#concurrency = concurrency
    this.#maxWaiting = maxWaiting
  }

  /** Tasks that wait; those that run are not counted. */
  get waiting(): number {
    return this.#waiting.length
  }

  get isFull(): boolean {
    return this.#running >= this.#concurrency && this.#waiting.length >= this.#maxWaiting
  }

  async run<Result>(task: () => Promise<Result>): Promise<Result> {
    // Whoever is woken inherits the place of the one that ended, so nobody can slip in between.
    if (this.#running >= this.#concurrency) await new Promise<void>((wake) => this.#waiting.push(wake))
    else this.#running += 1
    try {
      return await task()
    } finally {
      const wakeNext = this.#waiting.shift()
      if (wakeNext) wakeNext()
      else this.#running -= 1
    }
  }
}
