import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { hasNoRedis } from '../support/installed.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
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
