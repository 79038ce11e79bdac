import { createClient } from '@keyv/redis'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createStores } from '../../src/cache/stores.ts'
import { createTestApp, type TestApp } from '../support/app.ts'
import { hasNoRedis } from '../support/installed.ts'
import { startRedis, startSentinel, type TestRedis } from '../support/redis.ts'
import { type Person, signIn, signUp, signUpAdmin } from '../support/story.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'
import { type Fault, login, PATIENCE, readiness, rename, timed, untilTrue } from './faults.ts'

/** The promise: the first requests take at most 500 ms longer, later ones no longer; recovery within 5 s. */
const FIRST_MS = 500 * PATIENCE
const HEALING_MS = 5000

describe.skipIf(hasNoRedis)('while Redis is away', () => {
  let redis: TestRedis
  let proxy: TcpProxy
  let app: TestApp
  let person: Person
  let chief: Person

  beforeAll(async () => {
    redis = await startRedis()
    proxy = await TcpProxy.start(redis.port)
    // Real limits, except for the one of requests.
    const env = { REDIS_URL: proxy.through(redis.url), RATE_LIMIT_FACTOR: '1', RATE_LIMIT_REQUESTS: '100000' }
    app = await createTestApp({ backend: 'sqlite', env })
    person = await signUp(app)
    chief = await signUpAdmin(app)
  })
  afterAll(async () => {
    await app.close()
    await proxy.close()
    await redis.stop()
  })

  const faults: Fault[] = [
    { name: 'killed', begin: () => redis.kill(), end: () => redis.restart() },
    { name: 'frozen', begin: () => redis.freeze(), end: () => redis.thaw() },
    { name: 'two seconds slow', begin: () => proxy.slow(2000), end: () => proxy.pass() },
    { name: 'reset in mid-answer', begin: () => proxy.resetAnswers(), end: () => proxy.pass() },
    { name: 'a black hole', begin: () => proxy.blackHole(), end: () => proxy.pass() },
    { name: 'refusing connections', begin: () => proxy.refuse(), end: () => proxy.pass() },
  ]

  describe.each(faults)('$name', ({ name, begin, end }) => {
    let revoked: Person

    beforeAll(async () => {
      revoked = await signIn(app, person.username)
      await begin()
    })

    it('requests go on: the first ones at most 500 ms later, then at once', async () => {
      const ask = () => timed(() => chief.client.run('{ me { username } users { nodes { id } totalCount } }'))
      const first = await Promise.all(Array.from({ length: 10 }, ask))
      for (const { result, ms } of first) {
        expect(result.codes).toEqual([])
        expect(ms).toBeLessThan(FIRST_MS)
      }
      const next: number[] = []
      // Longer than the client's deadlines, so that reconnecting is covered too.
      for (const begunAt = performance.now(); performance.now() - begunAt < 3000; ) {
        const { result, ms } = await ask()
        expect(result.codes).toEqual([])
        next.push(ms)
      }
      const late = next.filter((ms) => ms > 250 * PATIENCE)
      expect(late, `of ${next.length}`).toHaveLength(0)
    })

    it('what is written is written, and what is revoked stays out', async () => {
      const displayName = `Without Redis: ${name}`
      expect((await rename(person.client, displayName)).codes).toEqual([])
      expect(await person.client.get('{ me { displayName } }')).toEqual({ me: { displayName } })
      await revoked.client.get('mutation { logout { sessionId } }')
      expect((await revoked.client.run('{ me { id } }')).codes).toEqual(['UNAUTHENTICATED'])
    })

    it('limits are counted in this instance, never off', async () => {
      const codes: string[] = []
      for (let i = 0; i < 12; i++)
        codes.push(...(await login(app, `nobody-${faults.length}-${name}`, 'wrong-1234')).codes)
      expect(codes).toEqual([...Array(10).fill('INVALID_CREDENTIALS'), 'RATE_LIMITED', 'RATE_LIMITED'])
    })

    it('it is ready, and degraded', async () => {
      const { code, body } = await readiness(app)
      expect([code, body]).toEqual([200, { status: 'degraded', checks: { database: 'ok', redis: 'down' } }])
    })

    it('heals within 5 s without a restart', async () => {
      await end()
      const healedMs = await untilTrue(HEALING_MS * PATIENCE, async () => (await readiness(app)).body.status === 'ok')
      expect(healedMs).toBeLessThan(HEALING_MS)
      expect((await chief.client.run('{ users { totalCount } }')).codes).toEqual([])
    })
  })

  it('a start does not wait for it', async () => {
    redis.freeze()
    const { result: second, ms } = await timed(() =>
      createTestApp({ backend: 'sqlite', env: { ...app.env, RATE_LIMIT_FACTOR: '1000' } }),
    )
    expect(ms).toBeLessThan(3000)
    expect((await signIn(second, person.username)).id).toBe(person.id)
    redis.thaw()
    await untilTrue(HEALING_MS * PATIENCE, async () => (await readiness(second)).body.status === 'ok')
    await redis.kill()
    const { ms: closingMs } = await timed(() => second.close())
    expect(closingMs).toBeLessThan(2000)
  })
})

/** Redis answers pings and refuses commands. */
describe.skipIf(hasNoRedis)('while Redis refuses to write', () => {
  let redis: TestRedis
  let successor: TestRedis
  let administrator: ReturnType<typeof createClient>
  let proxy: TcpProxy
  let app: TestApp
  let person: Person

  beforeAll(async () => {
    ;[redis, successor] = await Promise.all([startRedis(), startRedis()])
    administrator = createClient({ url: redis.url })
    await administrator.connect()
    proxy = await TcpProxy.start(redis.port)
    const env = { REDIS_URL: proxy.through(redis.url), RATE_LIMIT_FACTOR: '1' }
    app = await createTestApp({ backend: 'sqlite', env })
    person = await signUp(app)
  })
  afterAll(async () => {
    await app.close()
    await proxy.close()
    administrator.destroy()
    await Promise.all([redis.stop(), successor.stop()])
  })

  const configure = (name: string, value: string) => administrator.configSet(name, value)
  const permit = async (rule: string) => void (await administrator.aclSetUser('default', rule))

  /** A script without an end, which only a second connection can kill. */
  let endless: Promise<unknown> | undefined
  async function keepBusy(): Promise<void> {
    await configure('busy-reply-threshold', '50')
    const other = await administrator.duplicate().connect()
    endless = other
      .eval('while true do end')
      .catch(() => undefined)
      .finally(() => other.destroy())
  }
  async function killScript(): Promise<void> {
    await administrator.scriptKill()
    await endless
  }

  const faults: Fault[] = [
    { name: 'it is full', begin: () => fill('1'), end: () => fill('0') },
    { name: 'it lacks replicas', begin: () => replicas('1'), end: () => replicas('0') },
    { name: 'its user may not', begin: () => permit('-@write'), end: () => permit('+@all') },
    { name: 'a script keeps it busy', begin: keepBusy, end: killScript },
    {
      name: 'it is a replica now, and its address leads to the new master',

      begin: async () => void (await administrator.replicaOf('127.0.0.1', successor.port)),
      end: () => proxy.leadTo(successor.port),
    },
  ]
  const fill = async (bytes: string) => void (await configure('maxmemory', bytes))
  const replicas = async (count: string) => void (await configure('min-replicas-to-write', count))

  it.each(faults)('because $name, limits go on in memory, it is degraded, and heals', async ({ name, begin, end }) => {
    await begin()
    const codes: string[] = []
    for (let i = 0; i < 12; i++) {
      const { result, ms } = await timed(() => login(app, `nobody ${name}`, 'wrong-1234'))
      codes.push(...result.codes)
      expect(ms).toBeLessThan(FIRST_MS)
    }
    expect(codes).toEqual([...Array(10).fill('INVALID_CREDENTIALS'), 'RATE_LIMITED', 'RATE_LIMITED'])
    expect((await person.client.run('{ users { totalCount } me { id } }')).data).toMatchObject({
      me: { id: person.id },
    })
    expect(await readiness(app)).toEqual({
      code: 200,
      body: { status: 'degraded', checks: { database: 'ok', redis: 'down' } },
    })

    await end()
    const healedMs = await untilTrue(HEALING_MS * PATIENCE, async () => (await readiness(app)).body.status === 'ok')
    expect(healedMs).toBeLessThan(HEALING_MS)
    expect((await login(app, person.username)).codes).toEqual([])
  })

  it('readiness alone finds out, and the log names the reason once', async () => {
    const lines: string[] = []
    const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) })
    const stores = await createStores({ redisUrl: successor.url, log })
    const direct = await createClient({ url: successor.url }).connect()
    await direct.configSet('maxmemory', '1')
    expect([stores.state(), await stores.check()]).toEqual(['ok', 'down'])
    await expect.poll(() => stores.check(), { timeout: 1500, interval: 100 }).toBe('down')
    await direct.configSet('maxmemory', '0')
    await expect.poll(() => stores.check(), { timeout: HEALING_MS }).toBe('ok')
    expect(lines.map((line) => JSON.parse(line)).map(({ msg, reason }) => [msg, reason])).toEqual([
      ['Redis answers', undefined],
      ['Redis is away; cache and limits go on in this process', 'OOM'],
      ['Redis answers', undefined],
    ])
    await stores.close()
    direct.destroy()
  })

  it('one of several nodes of a cluster, and a Sentinel, count as away; an only node of a cluster serves', async () => {
    const servers = await Promise.all([
      startClusterNode(0, 8191),
      startClusterNode(8192, 16_383),
      startSentinel(redis.port),
      startClusterNode(0, 16_383),
    ])
    const states = servers.map(async ({ url }) => {
      const stores = await createStores({ redisUrl: url, log: pino({ level: 'silent' }) })
      const state = await stores.check()
      await stores.close()
      return state
    })
    expect(await Promise.all(states)).toEqual(['down', 'down', 'down', 'ok'])
    await Promise.all(servers.map((server) => server.stop()))
  })
})

async function startClusterNode(start: number, end: number): Promise<TestRedis> {
  const server = await startRedis({ 'cluster-enabled': 'yes', 'cluster-require-full-coverage': 'no', databases: 1 })
  const direct = await createClient({ url: server.url }).connect()
  await direct.clusterAddSlotsRange({ start, end })
  while (!(await direct.clusterInfo()).includes('cluster_state:ok'))
    await new Promise((resolve) => setTimeout(resolve, 50))
  direct.destroy()
  return server
}
