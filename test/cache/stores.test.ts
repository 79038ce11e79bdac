import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import pino, { type Logger } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CacheService } from '../../src/cache/cache.service.ts'
import { createStores, type Stores } from '../../src/cache/stores.ts'
import { hasNoRedis } from '../support/installed.ts'
import { freePort, startRedis, type TestRedis } from '../support/redis.ts'

function createLog(): { log: Logger; lines: string[] } {
  const lines: string[] = []
  return { log: pino({ level: 'trace' }, { write: (line: string) => lines.push(line) }), lines }
}

async function timed<T>(operation: () => Promise<T>): Promise<{ result: T; ms: number }> {
  const begin = performance.now()
  const result = await operation()
  return { result, ms: performance.now() - begin }
}

async function until(condition: () => boolean | Promise<boolean>, ms: number): Promise<boolean> {
  const end = performance.now() + ms
  while (performance.now() < end) {
    if (await condition()) return true
    await delay(20)
  }
  return false
}

describe.skipIf(hasNoRedis)('stores when Redis fails', () => {
  let redis: TestRedis
  let stores: Stores
  let cache: CacheService
  let lines: string[]
  let faults: unknown[]

  beforeEach(async () => {
    redis = await startRedis()
    const { log, lines: written } = createLog()
    lines = written
    faults = []
    stores = await createStores({ redisUrl: redis.url, log })
    cache = new CacheService(stores, 'things', (fault) => faults.push(fault))
    await cache.set('key', 'stored')
  })

  afterEach(async () => {
    await stores.close()
    await redis.stop()
  })

  it('takes a frozen Redis for a miss within 500 ms, then at once, and heals', async () => {
    redis.freeze()
    const first = await timed(() => cache.cached('key', 10, () => 'loaded'))
    expect(first.result).toBe('loaded')
    expect(first.ms).toBeLessThan(500)
    const next = await timed(async () => [await cache.get('key'), await cache.has('key'), await cache.set('key', 1)])
    expect(next.result).toEqual([undefined, false, false])
    expect(next.ms).toBeLessThan(50)
    expect(stores.state()).toBe('down')
    expect(cache.faults).toBe(faults.length)
    expect(faults.length).toBeGreaterThanOrEqual(4)
    redis.thaw()
    expect(await until(async () => (await cache.get('key')) === 'stored', 5000)).toBe(true)
    expect(stores.state()).toBe('ok')
  })

  it('notices a frozen Redis under steady traffic as well, and heals', async () => {
    redis.freeze()
    const slow: number[] = []
    const calls: Promise<void>[] = []
    for (let i = 0; i < 150; i += 1) {
      const started = i
      calls.push(
        timed(() => cache.get(`key ${started}`)).then(({ ms }) => {
          if (ms > 100) slow.push(started)
          expect(ms).toBeLessThan(500)
        }),
      )
      await delay(10)
    }
    await Promise.all(calls)
    expect(Math.max(...slow)).toBeLessThan(60)
    redis.thaw()
    expect(await until(async () => (await cache.get('key')) === 'stored', 5000)).toBe(true)
  })

  it('does not take a blocked event loop for silence of Redis', async () => {
    const waiting = stores.redis?.run(async () => stores.redis?.client.ping())
    // After the client's own setImmediate, which writes the command. Timers run next, before the answer is read.
    await new Promise((resolve) => setImmediate(resolve))
    const end = performance.now() + 600
    while (performance.now() < end);
    expect(await waiting).toBe('PONG')
    expect(stores.state()).toBe('ok')
  })

  it('gives up to clear a frozen Redis within 500 ms', async () => {
    redis.freeze()
    const { result, ms } = await timed(() => cache.clear())
    expect(result).toBe(false)
    expect(ms).toBeLessThan(500)
    redis.thaw()
  })

  it('survives a killed Redis at once, and heals after its restart', async () => {
    await redis.kill()
    const first = await timed(() => cache.get('key', 'default'))
    expect(first.result).toBe('default')
    expect(first.ms).toBeLessThan(500)
    expect(await until(() => stores.state() === 'down', 500)).toBe(true)
    expect(await cache.clear()).toBe(false)
    await delay(1500)
    await redis.restart()
    expect(await until(async () => cache.set('key', 'again'), 5000)).toBe(true)
    expect(await cache.get('key')).toBe('again')
  })

  it('logs each change once, and no address', async () => {
    await redis.kill()
    await until(() => stores.state() === 'down', 500)
    for (let i = 0; i < 20; i += 1) await cache.get('key')
    await delay(1000)
    await redis.restart()
    await until(() => stores.state() === 'ok', 5000)
    const messages = lines.map((line) => JSON.parse(line).msg)
    expect(messages).toEqual(['Redis answers', expect.stringContaining('Redis is away'), 'Redis answers'])
    expect(lines.join('')).not.toContain('127.0.0.1')
    expect(lines.join('')).not.toContain(String(redis.port))
  })

  it('closes without waiting for a frozen Redis, and stays closed', async () => {
    redis.freeze()
    const waiting = cache.get('key', 'default')
    const { ms } = await timed(() => stores.close())
    expect(ms).toBeLessThan(100)
    expect(await waiting).toBe('default')
    await stores.close()
    redis.thaw()
    expect(await cache.get('key', 'default')).toBe('default')
    expect(stores.redis?.client.isOpen).toBe(false)
  })
})

describe.skipIf(hasNoRedis)('a start without Redis', () => {
  it('goes on at once, and finds Redis when it comes', async () => {
    const redis = await startRedis()
    await redis.kill()
    const { log, lines } = createLog()
    const { result: stores, ms } = await timed(() => createStores({ redisUrl: redis.url, log }))
    expect(ms).toBeLessThan(700)
    expect(stores.state()).toBe('down')
    const cache = new CacheService(stores, 'things')
    expect(await cache.cached('key', 10, () => 1)).toBe(1)
    await redis.restart()
    expect(await until(() => stores.state() === 'ok', 5000)).toBe(true)
    expect(await cache.set('key', 2)).toBe(true)
    expect(lines).toHaveLength(2)
    await stores.close()
    await redis.stop()
  })

  it('never logs the password of a Redis that refuses it', async () => {
    const redis = await startRedis()
    const { log, lines } = createLog()
    const redisUrl = redis.url.replace('redis://', 'redis://user:hunter-2@')
    const stores = await createStores({ redisUrl, log })
    expect(stores.state()).toBe('down')
    await delay(300)
    expect(lines.map((line) => JSON.parse(line).reason)).toEqual(['WRONGPASS'])
    expect(lines.join('')).not.toContain('hunter-2')
    await stores.close()
    await redis.stop()
  })

  it('goes on when the port takes connections and nobody answers', async () => {
    const sockets = new Set<Socket>()
    const silent = createServer((socket) => sockets.add(socket.on('error', () => undefined)))
    const port = await freePort()
    await new Promise<void>((resolve) => silent.listen(port, '127.0.0.1', resolve))
    const { log } = createLog()
    const { result: stores, ms } = await timed(() => createStores({ redisUrl: `redis://127.0.0.1:${port}`, log }))
    expect(ms).toBeLessThan(1000)
    expect(stores.state()).toBe('down')
    const get = await timed(() => new CacheService(stores, 'things').get('key', 'default'))
    expect(get.result).toBe('default')
    expect(get.ms).toBeLessThan(50)
    expect((await timed(() => stores.close())).ms).toBeLessThan(100)
    for (const socket of sockets) socket.destroy()
    silent.close()
  })

  it('takes a Redis that needs two seconds for each answer for one that is away', async () => {
    const redis = await startRedis()
    const proxy = createServer((socket) => relayLate(socket, redis.port, 2000))
    const port = await freePort()
    await new Promise<void>((resolve) => proxy.listen(port, '127.0.0.1', resolve))
    const { log, lines } = createLog()
    const stores = await createStores({ redisUrl: `redis://127.0.0.1:${port}`, log })
    const cache = new CacheService(stores, 'things')
    for (let i = 0; i < 20; i += 1) {
      expect((await timed(() => cache.get('key'))).ms).toBeLessThan(500)
      await delay(100)
    }
    expect(stores.state()).toBe('down')
    expect(lines).toHaveLength(1)
    await stores.close()
    proxy.close()
    await redis.stop()
  })

  it('does not wait for a Redis that answers, but always too late, not even after each of its pings', async () => {
    const redis = await startRedis()
    const proxy = createServer((socket) => relayLate(socket, redis.port, 600))
    const port = await freePort()
    await new Promise<void>((resolve) => proxy.listen(port, '127.0.0.1', resolve))
    const stores = await createStores({ redisUrl: `redis://127.0.0.1:${port}`, log: createLog().log })
    const cache = new CacheService(stores, 'things')
    await delay(1500)
    for (let i = 0; i < 30; i += 1) {
      expect((await timed(() => cache.get('key'))).ms).toBeLessThan(100)
      await delay(100)
    }
    expect(stores.state()).toBe('down')
    await stores.close()
    proxy.close()
    await redis.stop()
  })
})

function relayLate(client: Socket, port: number, ms: number): void {
  const server = connect(port, '127.0.0.1')
  const end = () => {
    client.destroy()
    server.destroy()
  }
  client.on('error', end).on('close', end).pipe(server).on('error', end).on('close', end)
  server.on('data', (chunk) => setTimeout(() => client.write(chunk, () => undefined), ms))
}
