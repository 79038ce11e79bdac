import { createHash } from 'node:crypto'
import type { Logger } from 'pino'
import { type RateLimiterAbstract, RateLimiterRes } from 'rate-limiter-flexible'
import type { RedisConnection } from '../cache/redis-connection.ts'
import { RateLimitedError } from '../errors.ts'
import { createLimiterClient, type LimiterClient } from './limiter-client.ts'
import { type LimiterOptions, MemoryLimiter, RedisLimiter } from './limiters.ts'

interface RateLimitsOptions {
  redis: RedisConnection | undefined
  /** RATE_LIMIT_FACTOR: multiplies every limit. Above 0. */
  factor: number
  log: Logger
  /** Called with the name of a limit that has refused something. */
  onRefused?: (limit: string) => void
}

/**
 * The limits of a process. A limit is a number of points within a duration, which begins with the first point of a
 * key. Points are counted in Redis where there is one, else in this process.
 */
export class RateLimits {
  /** For graphql-rate-limit-directive, which creates a limiter for each limit and duration itself. */
  readonly limiterClass: typeof RedisLimiter | typeof MemoryLimiter
  readonly limiterOptions: { factor: number; storeClient: LimiterClient | undefined }
  /** Counts a refusal for the operator; for those of the directive too. */
  readonly refused: (limit: string) => void
  private readonly limiters = new Map<string, RateLimiterAbstract>()

  constructor({ redis, factor, log, onRefused }: RateLimitsOptions) {
    this.refused = onRefused ?? (() => undefined)
    this.limiterClass = redis ? RedisLimiter : MemoryLimiter
    this.limiterOptions = { factor, storeClient: redis && createLimiterClient(redis, log) }
  }

  createLimiter(options: Partial<LimiterOptions>): RateLimiterAbstract {
    return new this.limiterClass({ ...this.limiterOptions, ...options })
  }

  /**
   * Counts one try of `key`, which may be of any length and is stored as a hash.
   *
   * @param name of the limit; part of the key in Redis, so a constant of the code
   * @throws RateLimitedError when the limit, multiplied by the factor, is used up
   */
  async consume(name: string, key: string, limit: number, durationSeconds: number): Promise<void> {
    try {
      await this.limiterOf(name, limit, durationSeconds).consume(hashKey(key))
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal
      this.refused(name)
      throw rateLimited(refusal, durationSeconds)
    }
  }

  /** Like `consume`, and counts nothing. @throws RateLimitedError where the limit is used up */
  async check(name: string, key: string, limit: number, durationSeconds: number): Promise<void> {
    const limiter = this.limiterOf(name, limit, durationSeconds)
    const counted = await limiter.get(hashKey(key))
    if (!counted || counted.consumedPoints < limiter.points) return
    this.refused(name)
    throw rateLimited(counted, durationSeconds)
  }

  private limiterOf(name: string, points: number, duration: number): RateLimiterAbstract {
    const id = `${name} ${points} ${duration}`
    const limiter =
      this.limiters.get(id) ?? this.createLimiter({ keyPrefix: `gatehouse:limit:${name}`, points, duration })
    this.limiters.set(id, limiter)
    return limiter
  }
}

/** The limiter subtracts times of the system's clock: where that was set back, a wait is longer than the duration. */
export function rateLimited({ msBeforeNext }: RateLimiterRes, durationSeconds: number): RateLimitedError {
  return new RateLimitedError(Math.min(durationSeconds, Math.max(1, Math.ceil(msBeforeNext / 1000))))
}

/** 132 bits: short whatever was sent, and no address or identifier can be read in Redis. */
export function hashKey(key: string): string {
  return createHash('sha256').update(key).digest('base64url').slice(0, 22)
}
