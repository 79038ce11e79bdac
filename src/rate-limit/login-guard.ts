import type { RedisConnection } from '../cache/redis-connection.ts'
import { type Clock, systemClock } from '../clock.ts'
import { addressKey } from './client-key.ts'
import { MemoryCounters } from './memory-counters.ts'
import { hashKey, type RateLimits } from './rate-limits.ts'

/** Failures in a row after which an identifier is guarded. */
const FAILURES = 100

/** A row of failures ends when nobody tries for so long; without an end, invented identifiers would fill Redis. */
const FAILURES_KEPT_SECONDS = 7 * 24 * 3600

const TRIES_PER_ADDRESS = { limit: 100, seconds: 60 }
const GUARDED_TRIES = { limit: 1, seconds: 60 }

/**
 * The limits of signing in beside the one per address and identifier (OWASP ASVS 5.0, 6.3.1). Everything goes by what
 * was typed, in canonical spelling, and never by whether such an account exists, so that a refusal tells nothing.
 */
export class LoginGuard {
  private readonly memory: MemoryCounters

  constructor(
    private readonly redis: RedisConnection | undefined,
    private readonly limits: RateLimits,
    clock: Clock = systemClock,
  ) {
    this.memory = new MemoryCounters(clock)
  }

  /**
   * Before any look-up and any hash: 100 tries per minute and address, and of a guarded identifier one. That one is
   * per address as well, so that an attacker cannot keep the owner out from the owner's own address.
   *
   * @throws RateLimitedError
   */
  async check(identifierKey: string, ipAddress: string): Promise<void> {
    const address = addressKey(ipAddress)
    const { limit, seconds } = TRIES_PER_ADDRESS
    const [failures] = await Promise.all([
      this.failuresOf(identifierKey),
      this.limits.consume('login-address', address, limit, seconds),
    ])
    if (failures < FAILURES) return
    const key = `${address} ${identifierKey}`
    await this.limits.consume('login-guarded', key, GUARDED_TRIES.limit, GUARDED_TRIES.seconds)
  }

  /** The account was unknown, or the password wrong. */
  async failed(identifierKey: string): Promise<void> {
    const key = hashKey(identifierKey)
    await this.inRedisOr(
      ({ client }) => client.multi().incr(redisKey(key)).expire(redisKey(key), FAILURES_KEPT_SECONDS).exec(),
      () => this.memory.increment(key, FAILURES_KEPT_SECONDS * 1000),
    )
  }

  async succeeded(identifierKey: string): Promise<void> {
    const key = hashKey(identifierKey)
    this.memory.reset(key)
    await this.inRedisOr(
      ({ client }) => client.unlink(redisKey(key)),
      () => undefined,
    )
  }

  private async failuresOf(identifierKey: string): Promise<number> {
    const key = hashKey(identifierKey)
    return this.inRedisOr(
      async ({ client }) => Number((await client.get(redisKey(key))) ?? 0),
      () => this.memory.countOf(key),
    )
  }

  /** While Redis is away, what it would do is done in this process. */
  private async inRedisOr<T, U>(stored: (redis: RedisConnection) => Promise<T>, inMemory: () => U): Promise<T | U> {
    const { redis } = this
    if (!redis) return inMemory()
    return redis.run(() => stored(redis)).catch(inMemory)
  }
}

function redisKey(key: string): string {
  return `gatehouse:login-failures:${key}`
}
