import { setTimeout as delay } from 'node:timers/promises'
import fc from 'fast-check'
import pino from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { CacheService } from '../../src/cache/cache.service.ts'
import { createStores, type Stores } from '../../src/cache/stores.ts'
import { freezeTime } from '../support/clock.ts'
import { hasNoRedis } from '../support/installed.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'

const log = pino({ level: 'silent' })
let redis: TestRedis | undefined

describe.each(['memory', 'redis'])('cache in %s', (kind) => {
  describe.skipIf(kind === 'redis' && hasNoRedis)('with a healthy store', () => {
    let stores: Stores
    let cache: CacheService

    beforeAll(async () => {
      redis = kind === 'redis' ? await startRedis() : undefined
      stores = await createStores({ redisUrl: redis?.url, log })
    })

    afterAll(async () => {
      await stores.close()
      await redis?.stop()
    })

    beforeEach(async () => {
      cache = new CacheService(stores, 'things')
      await cache.clear()
    })

    it('is where it should be', () => {
      expect(stores.state()).toBe(kind === 'redis' ? 'ok' : 'off')
    })

    it.each([null, false, 0, '', [], {}])('takes a stored %j for a hit', async (value) => {
      expect(await cache.set('key', value)).toBe(true)
      expect(await cache.get('key', 'default')).toEqual(value)
      expect(await cache.has('key')).toBe(true)
      let loads = 0
      const load = () => {
        loads += 1
        return 'loaded' as unknown
      }
      expect(await cache.cached('key', 10, load)).toEqual(value)
      expect(loads).toBe(0)
    })

    it('gives the default, or undefined, for what is not there', async () => {
      expect(await cache.get('nothing')).toBeUndefined()
      expect(await cache.get('nothing', 7)).toBe(7)
      expect(await cache.has('nothing')).toBe(false)
      expect(await cache.delete('nothing')).toBe(false)
    })

    it('stores no undefined, and removes what was there before', async () => {
      await cache.set('key', 1)
      expect(await cache.set('key', undefined)).toBe(false)
      expect(await cache.has('key')).toBe(false)
      let loads = 0
      const load = () => {
        loads += 1
      }
      await cache.cached('other', 10, load)
      await cache.cached('other', 10, load)
      expect(loads).toBe(2)
    })

    it('gives back any JSON value under any key', async () => {
      await fc.assert(
        fc.asyncProperty(fc.string({ unit: 'binary' }), fc.jsonValue(), async (key, value) => {
          const written = JSON.parse(JSON.stringify(value))
          await cache.set(key, value)
          expect(await cache.get(key)).toEqual(written)
        }),
        { numRuns: 100 },
      )
      expect(cache.faults).toBe(0)
    })

    it('refuses what JSON cannot hold as the fault of the caller', async () => {
      await expect(cache.set('key', 1n)).rejects.toBeInstanceOf(TypeError)
      await expect(cache.set('key', 1, -1)).rejects.toBeInstanceOf(RangeError)
      await expect(cache.set('key', 1, Number.NaN)).rejects.toBeInstanceOf(RangeError)
      expect(cache.faults).toBe(0)
    })

    it('forgets a value when its time is over, and not before', async () => {
      await cache.set('short', 1, 1)
      await cache.set('long', 1, 30)
      await delay(700)
      expect([await cache.has('short'), await cache.get('short')]).toEqual([true, 1])
      await delay(320)
      expect([await cache.has('short'), await cache.get('short')]).toEqual([false, undefined])
      expect(await cache.get('long')).toBe(1)
    })

    it('lets 0 seconds expire at once, and a set without expiry remove an earlier one', async () => {
      await cache.set('zero', 1)
      await cache.set('zero', 2, 0)
      expect(await cache.has('zero')).toBe(false)
      await cache.set('kept', 1, 0.1)
      await cache.set('kept', 2)
      await delay(150)
      expect(await cache.get('kept')).toBe(2)
    })

    it('empties its own namespace alone, whatever the names', async () => {
      const names = ['a', 'a:b', 'aa', 'b']
      const caches = new Map(names.map((name) => [name, new CacheService(stores, name)]))
      for (const [name, each] of caches) {
        for (const key of ['x', 'b:x', ':x', '::x', 'b::x', '*']) await each.set(key, name)
      }
      expect(await caches.get('a')?.clear()).toBe(true)
      for (const [name, each] of caches) {
        for (const key of ['x', 'b:x', ':x', '::x', 'b::x', '*']) {
          expect(await each.get(key), `${name} ${key}`).toBe(name === 'a' ? undefined : name)
        }
      }
    })

    it('takes thousands of values at once, and empties them', async () => {
      const stored = await Promise.all(Array.from({ length: 3000 }, (_, i) => cache.set(`key ${i}`, i)))
      expect(stored.every(Boolean)).toBe(true)
      expect(await cache.clear()).toBe(true)
      const left = await Promise.all(Array.from({ length: 3000 }, (_, i) => cache.has(`key ${i}`)))
      expect(left.filter(Boolean)).toEqual([])
    })

    it.each(['', 'a*', 'a:', ':a', 'a::b', 'A', 'a?', '[a]'])('refuses the namespace %j', (name) => {
      expect(() => new CacheService(stores, name)).toThrow(RangeError)
    })

    it('is shared by services of one namespace', async () => {
      await cache.set('key', 1)
      expect(await new CacheService(stores, 'things').get('key')).toBe(1)
    })

    it('loads once for 500 callers of one missing key', async () => {
      let loads = 0
      const load = async () => {
        loads += 1
        await delay(30)
        return { loads }
      }
      const results = await Promise.all(Array.from({ length: 500 }, () => cache.cached('key', 10, load)))
      expect(results.every((result) => result.loads === 1)).toBe(true)
      expect(await cache.cached('key', 10, load)).toEqual({ loads: 1 })
      expect(loads).toBe(1)
    })

    it('tells all who wait of a failed load, and does not keep it', async () => {
      let loads = 0
      const load = async (): Promise<string> => {
        loads += 1
        await delay(10)
        if (loads === 1) throw new Error('no')
        return 'yes'
      }
      const results = await Promise.allSettled(Array.from({ length: 50 }, () => cache.cached('key', 10, load)))
      expect(new Set(results.map((result) => result.status))).toEqual(new Set(['rejected']))
      expect(await cache.cached('key', 10, load)).toBe('yes')
      expect(loads).toBe(2)
    })

    it('reports a load that throws before it promises anything', async () => {
      const load = () => {
        throw new Error('no')
      }
      await expect(cache.cached('key', 10, load)).rejects.toThrow('no')
      expect(await cache.cached('key', 10, () => 1)).toBe(1)
    })

    it('does not keep a load that a removal has overtaken', async () => {
      const release = Promise.withResolvers<void>()
      const started = Promise.withResolvers<void>()
      const old = cache.cached('key', 10, async () => {
        started.resolve()
        await release.promise
        return 'old'
      })
      await started.promise
      await cache.delete('key')
      expect(await cache.cached('key', 10, () => 'new')).toBe('new')
      release.resolve()
      expect(await old).toBe('old')
      expect(await cache.get('key')).toBe('new')
    })

    it('memoizes by arguments, under a name or a key function', async () => {
      let calls = 0
      const add = (a: number, b: number) => {
        calls += 1
        return a + b
      }
      const named = cache.memoize(add, { key: 'add', ttl: 10 })
      expect([await named(1, 2), await named(1, 2), await named(2, 2)]).toEqual([3, 3, 4])
      expect(calls).toBe(2)
      const keyed = cache.memoize(add, { key: (a) => `first ${a}` })
      expect([await keyed(1, 2), await keyed(1, 5)]).toEqual([3, 3])
      expect(calls).toBe(3)
    })
  })
})

describe('cache in memory', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  it('keeps no value longer where the clock is set back by an hour', async () => {
    const cache = new CacheService(await createStores({ redisUrl: undefined, log }), 'clock')
    freezeTime()
    await cache.set('short', 1, 5)
    vi.setSystemTime(Date.now() - 3_600_000)
    vi.advanceTimersByTime(4_999)
    expect(await cache.get('short')).toBe(1)
    vi.advanceTimersByTime(2)
    expect([await cache.get('short'), await cache.has('short')]).toEqual([undefined, false])
  })

  it('holds 10,000 values and drops the one used longest ago', async () => {
    const stores = await createStores({ redisUrl: undefined, log })
    const cache = new CacheService(stores, 'bounded')
    for (let i = 0; i < 10_000; i += 1) await cache.set(`key ${i}`, i)
    expect(await cache.get('key 0')).toBe(0)
    await cache.set('one more', 1)
    expect(await cache.get('key 0')).toBe(0)
    expect(await cache.get('key 1')).toBeUndefined()
    expect(await cache.get('one more')).toBe(1)
  })

  it('holds no more than its share of memory in large values', async () => {
    const stores = await createStores({ redisUrl: undefined, log })
    const cache = new CacheService(stores, 'large')
    const large = 'x'.repeat(8 * 1024 * 1024)
    for (let i = 0; i < 6; i += 1) await cache.set(`key ${i}`, large)
    const kept = await Promise.all(Array.from({ length: 6 }, (_, i) => cache.has(`key ${i}`)))
    expect(kept).toEqual([false, false, false, true, true, true])
    expect(await cache.set('huge', 'x'.repeat(40 * 1024 * 1024))).toBe(false)
  })
})
