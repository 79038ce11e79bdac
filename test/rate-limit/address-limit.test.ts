import pino from 'pino'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { createStores, type Stores } from '../../src/cache/stores.ts'
import { RateLimitedError } from '../../src/errors.ts'
import { AddressLimit } from '../../src/rate-limit/address-limit.ts'
import { RateLimits } from '../../src/rate-limit/rate-limits.ts'
import { freezeTime } from '../support/clock.ts'
import { hasNoRedis } from '../support/installed.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'

const log = pino({ level: 'silent' })
const LIMIT = 1200

/** Sends requests, `atOnce` at a time. Returns how many passed. */
async function send(limits: AddressLimit[], requests: number, atOnce: number, address = '192.0.2.1'): Promise<number> {
  let passed = 0
  let sent = 0
  const client = async () => {
    while (sent < requests) {
      const limit = limits[sent++ % limits.length]
      await limit?.consume(address).then(
        () => {
          passed += 1
        },
        (refusal) => expect(refusal).toBeInstanceOf(RateLimitedError),
      )
    }
  }
  await Promise.all(Array.from({ length: atOnce }, client))
  return passed
}

describe('the limit of requests in memory', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  it('lets exactly so many pass, one after the other or many at once', async () => {
    for (const atOnce of [1, 7, 100]) {
      const limit = new AddressLimit(new RateLimits({ redis: undefined, factor: 1, log }), 'request', {
        limit: LIMIT,
        seconds: 60,
      })
      expect(await send([limit], LIMIT + 100, atOnce)).toBe(LIMIT)
    }
  })

  it('counts each address, and all of an IPv6 network, anew each minute', async () => {
    freezeTime()
    const limit = new AddressLimit(new RateLimits({ redis: undefined, factor: 1, log }), 'request', {
      limit: 100,
      seconds: 60,
    })
    expect(await send([limit], 150, 1)).toBe(100)
    expect(await send([limit], 60, 1, '2001:db8::1')).toBe(60)
    expect(await send([limit], 60, 1, '2001:db8::2')).toBe(40)
    vi.advanceTimersByTime(60_000)
    expect(await send([limit], 1, 1)).toBe(0)
    vi.advanceTimersByTime(1)
    expect(await send([limit], 150, 1)).toBe(100)
  })
})

describe.skipIf(hasNoRedis)('the limit of requests in Redis', () => {
  let redis: TestRedis
  let stores: Stores[]
  let counts: RateLimits[]

  const limitsOf = (limit: number) =>
    counts.map((limits) => new AddressLimit(limits, 'request', { limit: limit, seconds: 60 }))

  beforeAll(async () => {
    redis = await startRedis()
    stores = await Promise.all([1, 2].map(() => createStores({ redisUrl: redis.url, log })))
    counts = stores.map((store) => new RateLimits({ redis: store.redis, factor: 1, log }))
  })
  afterAll(async () => {
    await Promise.all(stores.map((store) => store.close()))
    await redis.stop()
  })

  it('is exact on one instance', async () => {
    const [limit] = limitsOf(LIMIT)
    expect(await send([limit as AddressLimit], LIMIT, 8, '192.0.2.1')).toBe(LIMIT)
    expect(await send([limit as AddressLimit], 20, 8, '192.0.2.1')).toBe(0)
  })

  it.each([20, 200, 1210])('is exact on one instance for %i at once', async (atOnce) => {
    const [limit] = limitsOf(LIMIT)
    expect(await send([limit as AddressLimit], LIMIT + 10, atOnce, `198.51.100.${atOnce % 250}`)).toBe(LIMIT)
  })

  it('is exact on two instances where it is small', async () => {
    expect(await send(limitsOf(30), 100, 8, '192.0.2.2')).toBe(30)
  })

  it('is exact on two instances where it is large', async () => {
    expect(await send(limitsOf(LIMIT), 2 * LIMIT, 8, '192.0.2.3')).toBe(LIMIT)
  })
})
