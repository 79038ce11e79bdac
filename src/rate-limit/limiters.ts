import { LRUCache } from 'lru-cache'
import { type IRateLimiterOptions, RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import { SINCE_START } from '../clock.ts'
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
 * Counts in this process, and replaces what RateLimiterMemory counts with: that goes by the system's clock, which may be
 * set back, and keeps every key until its duration ends. Beyond 50,000 keys the one seen longest ago is forgotten.
 */
export class MemoryLimiter extends RateLimiterMemory {
  private readonly counts: LRUCache<string, number>

  constructor(options: LimiterOptions) {
    super(countedOptions(options))
    this.counts = new LRUCache({ max: MAX_KEYS, ttl: this.msDuration, ttlResolution: 0, perf: SINCE_START })
  }

  override async consume(key: string, points = 1): Promise<RateLimiterRes> {
    const result = await this.penalty(key, points)
    return result.consumedPoints > this.points ? Promise.reject(result) : result
  }

  override async penalty(key: string, points = 1): Promise<RateLimiterRes> {
    const consumed = (this.counts.get(key) ?? 0) + points
    this.counts.set(key, consumed, { noUpdateTTL: true })
    return this.resultOf(key, consumed)
  }

  override async get(key: string): Promise<RateLimiterRes | null> {
    const consumed = this.counts.get(key)
    return consumed === undefined ? null : this.resultOf(key, consumed)
  }

  override async delete(key: string): Promise<boolean> {
    return this.counts.delete(key)
  }

  private resultOf(key: string, consumed: number): RateLimiterRes {
    return new RateLimiterRes(Math.max(0, this.points - consumed), this.counts.getRemainingTTL(key), consumed)
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
