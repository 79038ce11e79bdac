import { addressKey } from './client-key.ts'
import type { RateLimits } from './rate-limits.ts'

const DURATION_SECONDS = 60

/** The limit of HTTP requests per address and minute. */
export class RequestLimit {
  constructor(
    private readonly limits: RateLimits,
    private readonly requestsPerMinute: number,
  ) {}

  /** @throws RateLimitedError */
  consume(address: string): Promise<void> {
    return this.limits.consume('request', addressKey(address), this.requestsPerMinute, DURATION_SECONDS)
  }
}
