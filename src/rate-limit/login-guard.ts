import type { RateLimiterAbstract } from 'rate-limiter-flexible'
import { addressKey } from './client-key.ts'
import { hashKey, type RateLimits } from './rate-limits.ts'

/** Failures in a row after which an identifier is guarded. RATE_LIMIT_FACTOR does not multiply it. */
const FAILURES = 100

/** A row of failures expires after a week without one; otherwise invented identifiers would fill Redis. */
const FAILURES_KEPT_SECONDS = 7 * 24 * 3600

/** Each failure renews the expiry. The library's own script keeps the first one, so a long attack would outlast it. */
const INCREMENT_AND_RENEW = `
local failures = redis.call('incrby', KEYS[1], ARGV[1])
redis.call('expire', KEYS[1], ARGV[2])
return {failures, 1000 * ARGV[2]}`

const TRIES_PER_ADDRESS = { limit: 100, seconds: 60 }
const GUARDED_TRIES = { limit: 1, seconds: 60 }

/**
 * The limits of signing in beside the one per address and identifier (OWASP ASVS 5.0, 6.3.1). They count the canonical
 * spelling of what was typed, whether such an account exists or not, so a refusal does not tell which accounts exist.
 */
export class LoginGuard {
  private readonly failures: RateLimiterAbstract

  constructor(private readonly limits: RateLimits) {
    this.failures = limits.createLimiter({
      keyPrefix: 'gatehouse:login-failures',
      points: FAILURES,
      duration: FAILURES_KEPT_SECONDS,
      factor: 1,
      customIncrTtlLuaScript: INCREMENT_AND_RENEW,
    })
  }

  /**
   * Call it before any look-up and any hash. Allows 100 tries per minute and address, and one of a guarded identifier.
   * That one is per address too, so that an attacker cannot keep the owner out from the owner's own address.
   *
   * @throws RateLimitedError
   */
  async check(identifierKey: string, ipAddress: string): Promise<void> {
    const address = addressKey(ipAddress)
    const { limit, seconds } = TRIES_PER_ADDRESS
    const [failed] = await Promise.all([
      this.failures.get(hashKey(identifierKey)),
      this.limits.consume('login-address', address, limit, seconds),
    ])
    if (failed === null || failed.consumedPoints < FAILURES) return
    const key = `${address} ${identifierKey}`
    await this.limits.consume('login-guarded', key, GUARDED_TRIES.limit, GUARDED_TRIES.seconds)
  }

  /** The account was unknown or disabled, or the password wrong. */
  async failed(identifierKey: string): Promise<void> {
    await this.failures.penalty(hashKey(identifierKey))
  }

  async succeeded(identifierKey: string): Promise<void> {
    await this.failures.delete(hashKey(identifierKey))
  }
}
