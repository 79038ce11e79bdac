import { LRUCache } from 'lru-cache'
import { SINCE_START } from './clock.ts'

/** Label values that no operation can have as its name. */
const ANONYMOUS = '(anonymous)'
const OTHER = '(other)'
const MAX_NAMES = 100
const IDLE_MS = 3_600_000

/**
 * Bounds the operation names that metrics tell apart. Names are the client's choice: with trusted documents theirs
 * alone count. Without, the first 100 do, and each gives its place back after an hour without use, so that whoever fills
 * the list with invented names does not blind it for good.
 */
export class OperationLabels {
  readonly #trusted: ReadonlySet<string> | undefined
  readonly #names: LRUCache<string, true>

  /** @param onDropped called with a name that has given its place back */
  constructor(trusted: readonly string[] | undefined, onDropped: (name: string) => void) {
    this.#trusted = trusted && new Set(trusted)
    this.#names = new LRUCache({
      max: MAX_NAMES,
      ttl: IDLE_MS,
      ttlResolution: 0,
      updateAgeOnGet: true,
      perf: SINCE_START,
      dispose: (_, name) => onDropped(name),
    })
  }

  labelOf(name: string | null): string {
    if (name === null) return ANONYMOUS
    if (this.#trusted) return this.#trusted.has(name) ? name : OTHER
    return this.#names.get(name) || this.#admits(name) ? name : OTHER
  }

  #admits(name: string): boolean {
    if (this.#names.size >= MAX_NAMES) this.#names.purgeStale()
    if (this.#names.size >= MAX_NAMES) return false
    this.#names.set(name, true)
    return true
  }
}
