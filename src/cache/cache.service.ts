import type { Keyv } from 'keyv'
import type { Stores } from './stores.ts'

/** Emptying walks through all keys of Redis, in many short commands. */
const CLEAR_MAX_MS = 5000

interface MemoizeOptions<Args extends unknown[]> {
  /** A name to which the arguments are added as JSON, or a function that makes the whole key. */
  key: string | ((...args: Args) => string)
  /** Seconds; without it until removed, or crowded out. */
  ttl?: number
}

/**
 * Keeps JSON values under a key, for all instances where there is a Redis, else in this process (bounded; the value
 * used longest ago goes first). Each namespace is a cache of its own.
 *
 * A stored null, false, 0 or '' is a hit; undefined is never stored. What JSON cannot hold is a TypeError.
 * A store that is away is a miss, within 300 ms for the first call and at once for the next: reads find nothing,
 * writes are dropped, and each is counted in `faults`.
 */
export class CacheService {
  private readonly keyv: Keyv
  private readonly loads = new Map<string, Promise<unknown>>()
  private faultCount = 0

  constructor(
    private readonly stores: Stores,
    namespace: string,
    private readonly onFault: (error: unknown) => void = () => undefined,
  ) {
    this.keyv = stores.keyv(namespace)
  }

  /** How many operations the store has failed since the start. */
  get faults(): number {
    return this.faultCount
  }

  async get<T>(key: string): Promise<T | undefined>
  async get<T>(key: string, defaultValue: T): Promise<T>
  async get<T>(key: string, defaultValue?: T): Promise<T | undefined> {
    const value = await this.attempt<T | undefined>(() => this.keyv.get(key), undefined)
    return value === undefined ? defaultValue : value
  }

  async has(key: string): Promise<boolean> {
    return this.attempt(() => this.keyv.has(key), false)
  }

  /**
   * @param ttlSeconds fractions count; 0 expires at once; left out: until removed
   * @returns whether the value is stored now
   */
  async set(key: string, value: unknown, ttlSeconds?: number): Promise<boolean> {
    const ttlMs = ttlSeconds === undefined ? undefined : Math.ceil(ttlSeconds * 1000)
    if (ttlMs !== undefined && !(ttlMs >= 0 && Number.isSafeInteger(ttlMs))) throw new RangeError('Not a time to live')
    if (value === undefined || ttlMs === 0) {
      await this.delete(key)
      return false
    }
    return this.attempt(() => this.keyv.set(key, value, ttlMs), false)
  }

  /** @returns false where there was nothing, or the store is away: then the value may come back with the store */
  async delete(key: string): Promise<boolean> {
    this.loads.delete(key)
    return this.attempt(() => this.keyv.delete(key), false)
  }

  /** Empties this namespace alone. @returns whether it is done */
  async clear(): Promise<boolean> {
    this.loads.clear()
    return this.attempt(() => clearOrThrow(this.keyv), false, CLEAR_MAX_MS)
  }

  /**
   * The stored value, or what `load` gives, which is then stored. However many callers of this process miss one key at
   * the same time, it is loaded once; they share the result (treat it as read-only) or the error, which is not stored.
   * A key that is removed meanwhile is loaded afresh, and the older result is not stored.
   */
  cached<T>(key: string, ttlSeconds: number | undefined, load: () => T | Promise<T>): Promise<T> {
    const running = this.loads.get(key) as Promise<T> | undefined
    if (running) return running
    const isCurrent = () => this.loads.get(key) === loading
    const loading: Promise<T> = this.readOrLoad(key, ttlSeconds, load, isCurrent).finally(() => {
      if (isCurrent()) this.loads.delete(key)
    })
    this.loads.set(key, loading)
    return loading
  }

  /** `fn` behind `cached`: equal arguments cost one call until the value expires. */
  memoize<Args extends unknown[], T>(
    fn: (...args: Args) => T | Promise<T>,
    { key, ttl }: MemoizeOptions<Args>,
  ): (...args: Args) => Promise<T> {
    const keyOf = typeof key === 'string' ? (...args: Args) => `${key}:${JSON.stringify(args)}` : key
    return (...args) => this.cached(keyOf(...args), ttl, () => fn(...args))
  }

  private async readOrLoad<T>(
    key: string,
    ttlSeconds: number | undefined,
    load: () => T | Promise<T>,
    isCurrent: () => boolean,
  ): Promise<T> {
    const stored = await this.get<T>(key)
    if (stored !== undefined) return stored
    const value = await load()
    if (value !== undefined && isCurrent()) await this.set(key, value, ttlSeconds)
    return value
  }

  private async attempt<T>(operation: () => Promise<T>, otherwise: T, maxMs?: number): Promise<T> {
    try {
      return await (this.stores.redis ? this.stores.redis.run(operation, maxMs) : operation())
    } catch (error) {
      // JSON's refusal of a value, and a key that is no string, are the caller's faults.
      if (error instanceof TypeError) throw error
      this.faultCount += 1
      this.onFault(error)
      return otherwise
    }
  }
}

/** Keyv's adapter reports a failed clear as an event alone. */
async function clearOrThrow(keyv: Keyv): Promise<boolean> {
  let fault: unknown
  const keep = (error: unknown) => {
    fault = error
  }
  keyv.on('error', keep)
  await keyv.clear()
  keyv.off('error', keep)
  if (fault !== undefined) throw fault
  return true
}
