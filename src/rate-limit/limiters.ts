import { LRUCache } from 'lru-cache'
import {
  type IRateLimiterOptions,
  RateLimiterMemory,
  RateLimiterRedis,
  type RateLimiterRes,
} from 'rate-limiter-flexible'
import type { LimiterClient } from './limiter-client.ts'

/** Keys that one limiter keeps in memory. */
const MAX_KEYS = 50_000

export interface LimiterOptions extends IRateLimiterOptions {
  /** Multiplies `points`. */
  factor: number
  /** Where the counts are kept. Left out: in memory alone. */
  storeClient?: LimiterClient
  customIncrTtlLuaScript?: string
}

/**
 * Counts in this process. RateLimiterMemory keeps every key until its duration ends, so a flood of addresses would
 * fill the memory: beyond 50,000 keys the one seen longest ago is forgotten.
 */
export class MemoryLimiter extends RateLimiterMemory {
  private readonly keys = new LRUCache<string, true>({
    max: MAX_KEYS,
    dispose: (_value, key, reason) => {
      if (reason === 'evict') void this.delete(key)
    },
  })

  constructor(options: LimiterOptions) {
    super(countedOptions(options))
  }

  override consume(key: string, points?: number): Promise<RateLimiterRes> {
    this.keys.set(key, true)
    return super.consume(key, points)
  }

  override penalty(key: string, points?: number): Promise<RateLimiterRes> {
    this.keys.set(key, true)
    return super.penalty(key, points)
  }
}

/** Counts in Redis, exactly over all instances, and in this process while Redis fails: a limit is never off. */
export class RedisLimiter extends RateLimiterRedis {
  private readonly memory: MemoryLimiter

  constructor(options: LimiterOptions) {
    const memory = new MemoryLimiter(options)
    super({
      ...countedOptions(options),
      storeClient: options.storeClient,
      useRedisPackage: true,
      insuranceLimiter: memory,
      customIncrTtlLuaScript: options.customIncrTtlLuaScript,
    })
    this.memory = memory
  }

  /** In memory too: what was counted there while Redis was away would count again when it next fails. */
  override async delete(key: string): Promise<boolean> {
    await this.memory.delete(key)
    return super.delete(key)
  }
}

/** The prefix contains the duration, because a count in Redis keeps its expiry: a changed duration starts a new one. */
function countedOptions({ keyPrefix, points = 1, duration = 1, factor }: LimiterOptions): IRateLimiterOptions {
  return { keyPrefix: `${keyPrefix}:${duration}`, points: Math.max(1, Math.round(points * factor)), duration }
}
