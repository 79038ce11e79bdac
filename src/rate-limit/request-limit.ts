import { LRUCache } from 'lru-cache'
import { type Clock, systemClock } from '../clock.ts'
import { addressKey } from './client-key.ts'
import { type RateLimits, rateLimited } from './rate-limits.ts'

const SECONDS = 60

/** A block is this part of what is left of the limit: at the end, and under a small limit, a single request. */
const BLOCKS = 32
const LARGEST_BLOCK = 32

const MAX_ADDRESSES = 50_000

interface Block {
  /** Requests that are counted already and have not come yet. */
  left: number
  /** What was left of the limit beside them. */
  beyond: number
  endsAt: number
}

/**
 * The coarse limit of requests per address. It counts in blocks, so that few requests wait for Redis: exact on one
 * instance; of several, those that an address has left may each keep a 32nd of the limit that it does not get.
 */
export class RequestLimit {
  private readonly blocks = new LRUCache<string, Block>({ max: MAX_ADDRESSES })

  constructor(
    private readonly limits: RateLimits,
    private readonly requestsPerMinute: number,
    private readonly clock: Clock = systemClock,
  ) {}

  /** @throws RateLimitedError */
  async consume(address: string): Promise<void> {
    const key = addressKey(address)
    const block = this.open(key)
    if (block && block.left > 0) {
      block.left -= 1
      return
    }
    const size = block ? Math.min(LARGEST_BLOCK, Math.max(1, Math.floor(block.beyond / BLOCKS))) : 1
    const taken = await this.limits.take('request', key, this.requestsPerMinute, SECONDS, size)
    if (taken.granted === 0) throw rateLimited(taken)
    // Others may have taken one meanwhile: nothing that is counted gets lost.
    const left = (this.open(key)?.left ?? 0) + taken.granted - 1
    this.blocks.set(key, { left, beyond: taken.beyond, endsAt: this.clock().getTime() + taken.msLeft })
  }

  private open(key: string): Block | undefined {
    const block = this.blocks.get(key)
    return block && block.endsAt > this.clock().getTime() ? block : undefined
  }
}
