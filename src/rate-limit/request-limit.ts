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
  /** Blocks that are being counted, by address: one at a time for each. */
  private readonly running = new Map<string, Promise<void>>()

  constructor(
    private readonly limits: RateLimits,
    private readonly requestsPerMinute: number,
    private readonly clock: Clock = systemClock,
  ) {}

  /** @throws RateLimitedError */
  async consume(address: string): Promise<void> {
    const key = addressKey(address)
    while (!this.spend(key)) {
      const running = this.running.get(key)
      if (!running) return this.take(key)
      // Those who came at once share one block after the other: were each to take one, most would be left over.
      await running
    }
  }

  private spend(key: string): boolean {
    const block = this.open(key)
    if (!block || block.left === 0) return false
    block.left -= 1
    return true
  }

  /** Counts a block, the first request of which is the caller's. A refusal is one for all who wait for it. */
  private async take(key: string): Promise<void> {
    const counted = this.count(key)
    this.running.set(key, counted)
    try {
      await counted
    } finally {
      this.running.delete(key)
    }
  }

  private async count(key: string): Promise<void> {
    const block = this.open(key)
    const size = block ? Math.min(LARGEST_BLOCK, Math.max(1, Math.floor(block.beyond / BLOCKS))) : 1
    const taken = await this.limits.take('request', key, this.requestsPerMinute, SECONDS, size)
    if (taken.granted === 0) throw rateLimited(taken)
    const endsAt = this.clock().getTime() + taken.msLeft
    this.blocks.set(key, { left: taken.granted - 1, beyond: taken.beyond, endsAt })
  }

  private open(key: string): Block | undefined {
    const block = this.blocks.get(key)
    return block && block.endsAt > this.clock().getTime() ? block : undefined
  }
}
