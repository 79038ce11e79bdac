import { addressKey } from './client-key.ts'
import type { RateLimits } from './rate-limits.ts'

/** How often an address may do something, counted where @rateLimit would not: it counts each execution of a field. */
export class AddressLimit {
  /** @param name part of the key in Redis, so a constant of the code */
  constructor(
    private readonly limits: RateLimits,
    private readonly name: string,
    private readonly count: { limit: number; seconds: number },
  ) {}

  /** @throws RateLimitedError */
  consume(address: string): Promise<void> {
    const { limit, seconds } = this.count
    return this.limits.consume(this.name, addressKey(address), limit, seconds)
  }

  /** Counts nothing. @throws RateLimitedError where the limit is used up */
  check(address: string): Promise<void> {
    const { limit, seconds } = this.count
    return this.limits.check(this.name, addressKey(address), limit, seconds)
  }
}
