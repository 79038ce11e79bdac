import { createHash } from 'node:crypto'
import type { Logger } from 'pino'
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import { RedisAwayError, type RedisConnection } from '../cache/redis-connection.ts'
import { type Clock, systemClock } from '../clock.ts'
import { RateLimitedError } from '../errors.ts'
import { type Count, MemoryCounters } from './memory-counters.ts'

interface RateLimitsOptions {
  redis: RedisConnection | undefined
  /** RATE_LIMIT_FACTOR: multiplies every limit. Above 0. */
  factor: number
  log: Logger
  clock?: Clock
}

interface Limiter {
  limit: number
  durationMs: number
  redis: RateLimiterRedis | undefined
  memory: MemoryCounters
}

export interface Taken {
  /** How many of the tries are within the limit. */
  granted: number
  /** How many more would have been. */
  beyond: number
  msLeft: number
}

/**
 * How often something may be done: a limit, and the seconds after the first time at which its count begins anew.
 * Counted in Redis where there is one, atomically and so exactly over all instances. While Redis is away each
 * instance counts by itself: a limit is never off.
 */
export class RateLimits {
  private readonly limiters = new Map<string, Limiter>()
  private readonly clock: Clock
  private isInRedis = true

  constructor(private readonly options: RateLimitsOptions) {
    this.clock = options.clock ?? systemClock
  }

  /**
   * Counts one try of `key`, which may be of any length and is stored as a hash.
   *
   * @param name of what is limited; part of the key in Redis, so a constant of the code
   * @throws RateLimitedError when the limit, multiplied by the factor, had been used up
   */
  async consume(name: string, key: string, limit: number, durationSeconds: number): Promise<void> {
    const taken = await this.take(name, key, limit, durationSeconds, 1)
    if (taken.granted === 0) throw rateLimited(taken)
  }

  /** Counts several tries at once, and tells how many of them are within the limit. */
  async take(name: string, key: string, plainLimit: number, durationSeconds: number, tries: number): Promise<Taken> {
    const limiter = this.limiterOf(name, plainLimit, durationSeconds)
    const { count, msLeft } = await this.count(limiter, hashKey(key), tries)
    const above = Math.max(0, count - limiter.limit)
    return { granted: Math.max(0, tries - above), beyond: Math.max(0, limiter.limit - count), msLeft }
  }

  private async count(limiter: Limiter, key: string, tries: number): Promise<Count> {
    const { redis } = this.options
    const stored = limiter.redis
    if (!redis || !stored) return limiter.memory.increment(key, limiter.durationMs, tries)
    try {
      const count = await redis.run(() => countIn(stored, key, tries))
      this.isInRedis = true
      return count
    } catch (error) {
      this.noteFault(error)
      return limiter.memory.increment(key, limiter.durationMs, tries)
    }
  }

  private limiterOf(name: string, limit: number, durationSeconds: number): Limiter {
    const id = `${name} ${limit} ${durationSeconds}`
    const limiter = this.limiters.get(id) ?? this.createLimiter(name, limit, durationSeconds)
    this.limiters.set(id, limiter)
    return limiter
  }

  private createLimiter(name: string, plainLimit: number, durationSeconds: number): Limiter {
    const limit = Math.max(1, Math.round(plainLimit * this.options.factor))
    const limiterOptions = {
      storeClient: this.options.redis?.client,
      useRedisPackage: true,
      keyPrefix: `gatehouse:limit:${name}:${durationSeconds}`,
      points: limit,
      duration: durationSeconds,
    }
    return {
      limit,
      durationMs: durationSeconds * 1000,
      redis: this.options.redis && new RateLimiterRedis(limiterOptions),
      memory: new MemoryCounters(this.clock),
    }
  }

  /** Once per change, since a fault repeats with every request. That Redis is away, the connection tells itself. */
  private noteFault(error: unknown): void {
    if (error instanceof RedisAwayError) return
    if (this.isInRedis) this.options.log.warn({ reason: nameOf(error) }, 'Limits are counted in this process')
    this.isInRedis = false
  }
}

export function rateLimited({ msLeft }: Pick<Taken, 'msLeft'>): RateLimitedError {
  return new RateLimitedError(Math.max(1, Math.ceil(msLeft / 1000)))
}

/** 132 bits: short whatever was sent, and no address or identifier can be read in Redis. */
export function hashKey(key: string): string {
  return createHash('sha256').update(key).digest('base64url').slice(0, 22)
}

/** The limiter rejects with its count when the limit is used up, and with an Error when Redis fails. */
async function countIn(limiter: RateLimiterRedis, key: string, tries: number): Promise<Count> {
  const result = await limiter.consume(key, tries).catch((refusal: unknown) => {
    if (refusal instanceof RateLimiterRes) return refusal
    throw refusal
  })
  return { count: result.consumedPoints, msLeft: result.msBeforeNext }
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown'
}
