import type { Keyv } from 'keyv'
import type { Stores } from './stores.ts'

interface MemoizeOptions<Args extends unknown[]> {
  /** A prefix, followed by the arguments as JSON, or a function that returns the whole key. */
  key: string | ((...args: Args) => string)
  /** Seconds. Left out: until removed or evicted. */
  ttl?: number
}

/**
 * A cache of JSON values: in Redis, shared by all instances, or in this process (bounded, least recently used values
 * are evicted first). Each namespace is a cache of its own.
 *
 * A stored null, false, 0 or '' is a hit; undefined is never stored. A value that JSON cannot hold is a TypeError.
 * While Redis is away reads miss and writes are dropped, within 350 ms for the first call and at once for the next;
 * each such call is counted in `faults`.
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

  /** Operations that failed in the store since the start. */
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
   * @param ttlSeconds may be a fraction; 0 removes the value; left out: until removed or evicted
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

  /** @returns false where there was nothing, and while Redis is away: the value is still there when it comes back */
  async delete(key: string): Promise<boolean> {
    this.loads.delete(key)
    return this.attempt(() => this.keyv.delete(key), false)
  }

  /** Empties this namespace alone. @returns whether it was emptied */
  async clear(): Promise<boolean> {
    this.loads.clear()
    return this.attempt(() => clearOrThrow(this.keyv), false, 'runLong')
  }

  /**
   * The stored value, or the result of `load`, which is then stored. Concurrent callers of one key in this process
   * share one load: its result (treat it as read-only), or its error, which is not stored.
   * If the key is deleted during a load, that result is not stored, and the next caller loads again.
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

  /** Wraps `fn` in `cached`: equal arguments cost one call until the value expires. */
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

  private async attempt<T>(operation: () => Promise<T>, otherwise: T, run: 'run' | 'runLong' = 'run'): Promise<T> {
    const { redis } = this.stores
    try {
      return await (redis ? redis[run](operation) : operation())
    } catch (error) {
      // A TypeError is the caller's fault: a value that JSON cannot hold, or a key that is not a string.
      if (error instanceof TypeError) throw error
      this.faultCount += 1
      this.onFault(error)
      return otherwise
    }
  }
}

/** KeyvRedis reports a failed clear only as an event, even with `throwOnErrors`. */
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
