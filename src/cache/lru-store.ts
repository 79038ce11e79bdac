import type { KeyvStoreAdapter } from 'keyv'
import { LRUCache } from 'lru-cache'

const MAX_ENTRIES = 10_000
const MAX_CHARACTERS = 32 * 1024 * 1024

/**
 * A Keyv store in this process, bounded by entries and by size; least recently used entries are evicted first.
 * Without a `has`, Keyv reads the entry and checks the expiry that it stores inside the value.
 */
export class LruStore implements Pick<KeyvStoreAdapter, 'get' | 'set' | 'delete' | 'clear'> {
  private readonly entries: LRUCache<string, string>

  constructor(maxEntries = MAX_ENTRIES) {
    this.entries = new LRUCache({
      max: maxEntries,
      maxSize: MAX_CHARACTERS,
      sizeCalculation: (value, key) => value.length + key.length + 1,
    })
  }

  async get<Value>(key: string): Promise<Value | undefined> {
    return this.entries.get(key) as Value | undefined
  }

  async set(key: string, value: string): Promise<boolean> {
    this.entries.set(key, value)
    return this.entries.has(key)
  }

  async delete(key: string): Promise<boolean> {
    return this.entries.delete(key)
  }

  async clear(): Promise<void> {
    this.entries.clear()
  }
}
