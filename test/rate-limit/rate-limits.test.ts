import { setTimeout as delay } from 'node:timers/promises'
import pino from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createStores, type Stores } from '../../src/cache/stores.ts'
import { RateLimitedError } from '../../src/errors.ts'
import { MemoryLimiter } from '../../src/rate-limit/limiters.ts'
import { RateLimits } from '../../src/rate-limit/rate-limits.ts'
import { freezeTime } from '../support/clock.ts'
import { hasNoRedis } from '../support/installed.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'

const log = pino({ level: 'silent' })

interface Outcome {
  passed: number
  refusals: RateLimitedError[]
}

async function settle(tries: Promise<void>[]): Promise<Outcome> {
  const results = await Promise.allSettled(tries)
  const refusals = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
  for (const refusal of refusals) expect(refusal).toBeInstanceOf(RateLimitedError)
  return { passed: results.length - refusals.length, refusals }
}

function tryTimes(limits: RateLimits, times: number, key: string, limit = 10, seconds = 60): Promise<Outcome> {
  return settle(Array.from({ length: times }, () => limits.consume('test', key, limit, seconds)))
}

describe('limits in memory', () => {
  const create = (factor = 1) => new RateLimits({ redis: undefined, factor, log })

  beforeEach(() => {
    freezeTime()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('let exactly the limit pass, then tell when to come back', async () => {
    const limits = create()
    vi.advanceTimersByTime(500)
    expect((await tryTimes(limits, 10, 'a')).passed).toBe(10)
    vi.advanceTimersByTime(58_002)
    const { refusals } = await tryTimes(limits, 1, 'a')
    expect(refusals[0]?.retryAfterSeconds).toBe(2)
    vi.advanceTimersByTime(1_998)
    expect((await tryTimes(limits, 1, 'a')).refusals[0]?.retryAfterSeconds).toBe(1)
    vi.advanceTimersByTime(1)
    expect((await tryTimes(limits, 11, 'a')).passed).toBe(10)
  })

  it('count each key, name and duration apart', async () => {
    const limits = create()
    await tryTimes(limits, 10, 'a')
    expect((await tryTimes(limits, 1, 'b')).passed).toBe(1)
    expect((await tryTimes(limits, 1, 'a', 10, 3600)).passed).toBe(1)
    await limits.consume('other', 'a', 10, 60)
  })

  it.each([
    [0.01, 1],
    [0.26, 3],
    [2, 20],
    [1000, 10_000],
  ])('are multiplied by %d, to at least one', async (factor, expected) => {
    expect((await tryTimes(create(factor), expected + 5, 'a')).passed).toBe(expected)
  })

  it.each([-3_600_000, 3_600_000])('go by time that has passed, when the clock is set by %d ms', async (step) => {
    const limits = create()
    await tryTimes(limits, 10, 'a')
    vi.advanceTimersByTime(20_000)
    vi.setSystemTime(Date.now() + step)
    expect((await tryTimes(limits, 1, 'a')).refusals[0]?.retryAfterSeconds).toBe(40)
    vi.advanceTimersByTime(40_001)
    expect((await tryTimes(limits, 11, 'a')).passed).toBe(10)
  })

  it('remember a bounded number of clients, the latest ones', async () => {
    const limiter = new MemoryLimiter({ keyPrefix: 'test', points: 10, duration: 60, factor: 1 })
    for (let i = 0; i < 60_000; i += 1) await limiter.consume(`key ${i}`)
    expect((await limiter.consume('key 59999')).consumedPoints).toBe(2)
    expect((await limiter.consume('key 10000')).consumedPoints).toBe(2)
    expect((await limiter.consume('key 0')).consumedPoints).toBe(1)
    expect((await limiter.penalty('key 1')).consumedPoints).toBe(1)
  })

  it('forget a client when its count has ended, and nobody else', async () => {
    const limiter = new MemoryLimiter({ keyPrefix: 'test', points: 10, duration: 1, factor: 1 })
    for (let i = 0; i < 1000; i += 1) {
      await limiter.consume(`client ${i}`)
      vi.advanceTimersByTime(10)
    }
    expect((await limiter.get('client 999'))?.consumedPoints).toBe(1)
    expect((await limiter.get('client 900'))?.consumedPoints).toBe(1)
    expect(await limiter.get('client 899')).toBeNull()
  })
})

describe.skipIf(hasNoRedis)('limits in Redis', () => {
  let redis: TestRedis
  const opened: Stores[] = []

  async function open(url = redis.url): Promise<{ stores: Stores; limits: RateLimits }> {
    const stores = await createStores({ redisUrl: url, log })
    opened.push(stores)
    return { stores, limits: new RateLimits({ redis: stores.redis, factor: 1, log }) }
  }

  beforeAll(async () => {
    redis = await startRedis()
  })

  afterEach(async () => {
    for (const stores of opened.splice(0)) await stores.close()
  })

  afterAll(() => redis.stop())

  it('are exact for 100 tries at once over two instances', async () => {
    const [one, other] = [await open(), await open()]
    const { passed, refusals } = await settle(
      Array.from({ length: 100 }, (_, i) => (i % 2 ? one : other).limits.consume('exact', 'a', 10, 60)),
    )
    expect(passed).toBe(10)
    for (const { retryAfterSeconds } of refusals) {
      expect(retryAfterSeconds).toBeGreaterThanOrEqual(59)
      expect(retryAfterSeconds).toBeLessThanOrEqual(60)
    }
  })

  it('begin anew after their duration', async () => {
    const { limits } = await open()
    expect((await tryTimes(limits, 3, 'renewed', 2, 1)).refusals[0]?.retryAfterSeconds).toBe(1)
    await delay(1050)
    expect((await tryTimes(limits, 3, 'renewed', 2, 1)).passed).toBe(2)
  })

  it('leave short keys under one prefix, which expire and name nobody', async () => {
    const { stores, limits } = await open()
    await limits.consume('named', `bob@example.com${'x'.repeat(50_000)}`, 10, 60)
    const client = stores.redis?.client
    const keys = ((await client?.keys('*')) ?? []).filter((key) => !key.startsWith('gatehouse:probe:'))
    expect(keys.length).toBeGreaterThan(0)
    for (const key of keys) {
      expect(key).toMatch(/^gatehouse:limit:[a-z]+:\d+:[\w-]{22}$/)
      expect(await client?.ttl(key)).toBeGreaterThan(0)
    }
  })

  it('are counted in this process while Redis is frozen, at once after the first, then in Redis again', async () => {
    const [one, other] = [await open(), await open()]
    await tryTimes(one.limits, 10, 'frozen')
    redis.freeze()
    const begin = performance.now()
    await one.limits.consume('test', 'frozen', 10, 60)
    expect(performance.now() - begin).toBeLessThan(500)
    const next = performance.now()
    expect((await tryTimes(one.limits, 20, 'frozen')).passed).toBe(9)
    expect(performance.now() - next).toBeLessThan(100)
    redis.thaw()
    await expect.poll(() => [one.stores.state(), other.stores.state()], { timeout: 5000 }).toEqual(['ok', 'ok'])
    expect((await tryTimes(one.limits, 1, 'frozen')).passed).toBe(0)
    expect((await tryTimes(other.limits, 1, 'frozen')).passed).toBe(0)
  })

  it('are never off while Redis is killed, and exact again after its restart', async () => {
    const [one, other] = [await open(), await open()]
    await redis.kill()
    expect((await tryTimes(one.limits, 30, 'killed')).passed).toBe(10)
    expect((await tryTimes(other.limits, 30, 'killed')).passed).toBe(10)
    await redis.restart()
    await expect.poll(() => [one.stores.state(), other.stores.state()], { timeout: 5000 }).toEqual(['ok', 'ok'])
    const { passed } = await settle(
      Array.from({ length: 100 }, (_, i) => (i % 2 ? one : other).limits.consume('test', 'killed', 10, 60)),
    )
    expect(passed).toBe(10)
  })

  it('are counted in this process when Redis refuses to write, which is logged once', async () => {
    const { stores } = await open()
    const lines: string[] = []
    const limits = new RateLimits({
      redis: stores.redis,
      factor: 1,
      log: pino({ level: 'info' }, { write: (line: string) => lines.push(line) }),
    })
    await stores.redis?.client.sendCommand(['CONFIG', 'SET', 'maxmemory', '1'])
    expect((await tryTimes(limits, 30, 'full')).passed).toBe(10)
    await expect.poll(() => stores.state(), { timeout: 5000 }).toBe('down')
    await stores.redis?.client.sendCommand(['CONFIG', 'SET', 'maxmemory', '0'])
    await expect.poll(() => stores.state(), { timeout: 5000 }).toBe('ok')
    expect((await tryTimes(limits, 30, 'full')).passed).toBe(10)
    expect(lines.map((line) => JSON.parse(line).msg)).toEqual(['Limits are counted in this process'])
  })
})
