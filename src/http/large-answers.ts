import { LRUCache } from 'lru-cache'

/** Of the answer, in UTF-16 units. */
const LARGE = 8_000

/** Half as many as there are connections to the database, unless set otherwise: the others are everybody else's. */
const AT_ONCE = 5

/** Then a request goes on whoever runs: turns are for speed, and those that run may wait for a silent database. */
const LONGEST_WAIT_MS = 250

/** Of the texts of queries that are remembered. */
const REMEMBERED_CHARACTERS = 500_000

/**
 * Large answers are made a few at a time. One takes a megabyte of memory while it is made: of many at once most outlive
 * a collection of young garbage, and so the heap has to be large ("Memory" in `bench/README.md`). That a query has a
 * large answer is known when it has had one.
 */
export class LargeAnswers {
  readonly #known = new LRUCache<string, true>({
    maxSize: REMEMBERED_CHARACTERS,
    sizeCalculation: (_, query) => query.length,
  })
  readonly #waiting = new Set<() => void>()
  #running = 0

  /** @param query the text of the document; undefined where there is none */
  async run<Answer>(query: string | undefined, answer: () => Promise<Answer>): Promise<Answer> {
    if (!query) return answer()
    if (this.#known.has(query)) return this.#inTurn(answer)
    const text = await answer()
    if (typeof text === 'string' && text.length > LARGE) this.#known.set(query, true)
    return text
  }

  async #inTurn<Answer>(answer: () => Promise<Answer>): Promise<Answer> {
    if (this.#running >= AT_ONCE) await this.#turn()
    this.#running += 1
    try {
      return await answer()
    } finally {
      this.#running -= 1
      const [next] = this.#waiting
      if (this.#running < AT_ONCE) next?.()
    }
  }

  #turn(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const go = () => {
      clearTimeout(timer)
      this.#waiting.delete(go)
      resolve()
    }
    const timer = setTimeout(go, LONGEST_WAIT_MS)
    this.#waiting.add(go)
    return promise
  }
}
