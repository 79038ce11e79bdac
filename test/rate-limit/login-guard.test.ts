import pino from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createStores, type Stores } from '../../src/cache/stores.ts'
import { RateLimitedError } from '../../src/errors.ts'
import { LoginGuard } from '../../src/rate-limit/login-guard.ts'
import { RateLimits } from '../../src/rate-limit/rate-limits.ts'
import { freezeTime } from '../support/clock.ts'
import { hasNoRedis } from '../support/installed.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'

const log = pino({ level: 'silent' })
const HOME = '192.0.2.1'
const OFFICE = '198.51.100.1'

describe.each(['memory', 'redis'])('the guard of sign-ins in %s', (kind) => {
  const isSkipped = kind === 'redis' && hasNoRedis
  describe.skipIf(isSkipped)('with a healthy store or a frozen one', () => {
    let redis: TestRedis | undefined
    let stores: Stores
    let serial = 0
    let bob: string
    let guard: LoginGuard

    function createGuard(factor = 1, on = stores): LoginGuard {
      return new LoginGuard(new RateLimits({ redis: on.redis, factor, log }))
    }

    async function fail(times: number, identifier = bob): Promise<void> {
      for (let i = 0; i < times; i += 1) await guard.failed(identifier)
    }

    async function passes(tries: number, identifier: string, ip: string, by = guard): Promise<number> {
      let passed = 0
      for (let i = 0; i < tries; i += 1) {
        const error = await by.check(identifier, ip).catch((refusal: unknown) => refusal)
        if (error !== undefined) expect(error).toBeInstanceOf(RateLimitedError)
        passed += error === undefined ? 1 : 0
      }
      return passed
    }

    beforeAll(async () => {
      redis = kind === 'redis' ? await startRedis() : undefined
      stores = await createStores({ redisUrl: redis?.url, log })
    })

    afterAll(async () => {
      await stores.close()
      await redis?.stop()
    })

    afterEach(() => {
      vi.useRealTimers()
    })
    beforeEach(async () => {
      await stores.redis?.client.flushAll()
      serial += 1
      bob = `bob${serial}`
      guard = createGuard()
    })

    it('leaves 99 failures alone, and allows one try per address after the hundredth', async () => {
      await fail(99)
      expect(await passes(5, bob, HOME)).toBe(5)
      await fail(1)
      expect(await passes(5, bob, HOME)).toBe(1)
      expect(await passes(5, bob, OFFICE)).toBe(1)
    })

    it('guards that identifier alone', async () => {
      await fail(100)
      await passes(2, bob, HOME)
      expect(await passes(5, 'ann', HOME)).toBe(5)
    })

    it('tells when to come back', async () => {
      await fail(100)
      await guard.check(bob, HOME)
      const refusal = await guard.check(bob, HOME).catch((error: unknown) => error)
      expect(refusal).toMatchObject({ extensions: { code: 'RATE_LIMITED', retryAfter: expect.any(Number) } })
      expect((refusal as RateLimitedError).retryAfterSeconds).toBeGreaterThan(50)
      expect((refusal as RateLimitedError).retryAfterSeconds).toBeLessThanOrEqual(60)
    })

    if (kind === 'memory')
      it('allows the next try a minute later', async () => {
        freezeTime()
        await fail(100)
        expect(await passes(2, bob, HOME)).toBe(1)
        vi.advanceTimersByTime(60_000)
        expect(await passes(2, bob, HOME)).toBe(0)
        vi.advanceTimersByTime(1)
        expect(await passes(2, bob, HOME)).toBe(1)
      })

    it('ends with a success, after which the count begins anew', async () => {
      await fail(100)
      await guard.succeeded(bob)
      expect(await passes(5, bob, HOME)).toBe(5)
      await fail(99)
      expect(await passes(5, bob, HOME)).toBe(5)
      await fail(1)
      expect(await passes(5, bob, HOME)).toBe(1)
    })

    it('multiplies the rate by the factor, and not the hundred', async () => {
      const generous = createGuard(3)
      for (let i = 0; i < 100; i += 1) await generous.failed(bob)
      expect(await passes(5, bob, HOME, generous)).toBe(3)
    })

    it('allows 100 tries a minute from one address whatever the identifiers, by /64', async () => {
      const results = await Promise.all(
        Array.from({ length: 120 }, (_, i) => passes(1, `user ${i}`, `2001:db8:1:1::${i.toString(16)}`)),
      )
      expect(results.reduce((sum, passed) => sum + passed, 0)).toBe(100)
      expect(await passes(1, bob, '2001:db8:1:2::1')).toBe(1)
    })

    if (kind === 'redis')
      it('counts over all instances', async () => {
        const elsewhere = await createStores({ redisUrl: redis?.url, log })
        const other = createGuard(1, elsewhere)
        await fail(50)
        for (let i = 0; i < 50; i += 1) await other.failed(bob)
        expect(await passes(3, bob, HOME)).toBe(1)
        expect(await passes(3, bob, HOME, other)).toBe(0)
        await other.succeeded(bob)
        expect(await passes(3, bob, HOME)).toBe(3)
        await elsewhere.close()
      })

    if (kind === 'redis')
      it('goes on in this process while Redis is frozen', async () => {
        redis?.freeze()
        const begin = performance.now()
        await fail(100)
        expect(await passes(3, bob, HOME)).toBe(1)
        expect(performance.now() - begin).toBeLessThan(700)
        await guard.succeeded(bob)
        expect(await passes(3, bob, HOME)).toBe(3)
        redis?.thaw()
        await expect.poll(() => stores.state(), { timeout: 5000 }).toBe('ok')
        expect(await passes(3, bob, HOME)).toBe(3)
      })

    if (kind === 'redis')
      it('forgets what was counted in this process when a success comes while Redis is back', async () => {
        redis?.freeze()
        await fail(100)
        redis?.thaw()
        await expect.poll(() => stores.state(), { timeout: 5000 }).toBe('ok')
        await guard.succeeded(bob)
        redis?.freeze()
        expect(await passes(3, bob, HOME)).toBe(3)
        redis?.thaw()
        await expect.poll(() => stores.state(), { timeout: 5000 }).toBe('ok')
      })

    if (kind === 'redis')
      it('renews the time a row of failures is kept with each failure', async () => {
        await fail(1)
        const client = stores.redis?.client
        const [key = ''] = (await client?.keys('gatehouse:login-failures:*')) ?? []
        await client?.expire(key, 100)
        await fail(1)
        expect(await client?.get(key)).toBe('2')
        expect(await client?.ttl(key)).toBeGreaterThan(6 * 24 * 3600)
      })

    if (kind === 'redis')
      it('leaves keys that expire and name nobody', async () => {
        await fail(1, 'bob@example.com')
        const client = stores.redis?.client
        const keys = (await client?.keys('gatehouse:login-failures:*')) ?? []
        expect(keys).toHaveLength(1)
        expect(keys[0]).toMatch(/:[\w-]{22}$/)
        expect(await client?.ttl(keys[0] ?? '')).toBeGreaterThan(6 * 24 * 3600)
      })
  })
})
