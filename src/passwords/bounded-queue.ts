/** Runs at most `concurrency` tasks at a time, in the order of their arrival. The caller asks `isFull` first. */
export class BoundedQueue {
  readonly #concurrency: number
  readonly #maxWaiting: number
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor(concurrency: number, maxWaiting: number) {
    this.#concurrency = concurrency
    this.#maxWaiting = maxWaiting
  }

  /** Tasks that wait. Running ones are not counted. */
  get waiting(): number {
    return this.#waiting.length
  }

  get running(): number {
    return this.#running
  }

  get isFull(): boolean {
    return this.#running >= this.#concurrency && this.#waiting.length >= this.#maxWaiting
  }

  async run<Result>(task: () => Promise<Result>): Promise<Result> {
    // A woken task inherits the slot of the one that ended, so no new task can take it first.
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
