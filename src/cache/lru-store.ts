import type { KeyvStoreAdapter } from 'keyv'
import { LRUCache } from 'lru-cache'
import { SINCE_START } from '../clock.ts'

const MAX_ENTRIES = 10_000
const MAX_CHARACTERS = 32 * 1024 * 1024

/**
 * A Keyv store in this process, bounded by entries and by size; least recently used entries are evicted first.
 * Entries end here, by the time since the start: the expiry that Keyv stores inside the value goes by the system's
 * clock, which may be set back. Without a `has`, Keyv reads the entry.
 */
export class LruStore implements Pick<KeyvStoreAdapter, 'get' | 'set' | 'delete' | 'clear'> {
  private readonly entries: LRUCache<string, string>

  constructor(maxEntries = MAX_ENTRIES) {
    this.entries = new LRUCache({
      max: maxEntries,
      maxSize: MAX_CHARACTERS,
      ttlResolution: 0,
      perf: SINCE_START,
      sizeCalculation: (value, key) => value.length + key.length + 1,
    })
  }

  async get<Value>(key: string): Promise<Value | undefined> {
    return this.entries.get(key) as Value | undefined
  }

  /** @param ttl milliseconds; left out: until removed or evicted */
  async set(key: string, value: string, ttl?: number): Promise<boolean> {
    this.entries.set(key, value, { ttl })
    return this.entries.has(key)
  }

  async delete(key: string): Promise<boolean> {
    return this.entries.delete(key)
  }

  async clear(): Promise<void> {
    this.entries.clear()
  }
}
