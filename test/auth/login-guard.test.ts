import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { createTestClock } from '../support/clock.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { signUp } from '../support/story.ts'
import { login } from '../support/tokens.ts'

const WRONG = 'wrong password 1'
const LIMITED = 'RATE_LIMITED'

let addresses = 0

function freshClient() {
  addresses += 1
  return { headers: { 'x-forwarded-for': `203.0.113.${addresses}` } }
}

describeEachBackend('after 100 failed logins in a row', (backend) => {
  let app: TestApp
  let redis: TestRedis | undefined
  const clock = createTestClock()

  afterEach(() => {
    vi.useRealTimers()
  })
  beforeAll(async () => {
    redis = backend === 'mysql' ? await startRedis() : undefined
    const env = { RATE_LIMIT_FACTOR: '1', TRUSTED_PROXIES: '127.0.0.1', ...(redis && { REDIS_URL: redis.url }) }
    app = await createTestApp({ backend, clock: clock.now, env })
  })
  afterAll(async () => {
    await app.close()
    await redis?.stop()
  })

  /** Ten tries for each address, so that all addresses stay within their limits. */
  async function fail(identifier: string, count: number): Promise<void> {
    for (let done = 0; done < count; done += 10) {
      const client = freshClient()
      const size = Math.min(10, count - done)
      const answers = await Promise.all(Array.from({ length: size }, () => login(app, identifier, WRONG, client)))
      expect(answers.flatMap(({ codes }) => codes)).toEqual(Array(size).fill('INVALID_CREDENTIALS'))
    }
  }

  const code = async (identifier: string, client: object, password?: string) =>
    (await login(app, identifier, password, client)).codes[0] ?? 'ok'

  it('each address has one try a minute, known account or not, until a success (ASVS 6.3.1)', async () => {
    const { username } = await signUp(app)
    for (const identifier of [username, `${username}-unknown`]) {
      await fail(identifier, 100)
      const client = freshClient()
      expect(await code(identifier.toUpperCase(), client, WRONG)).toBe('INVALID_CREDENTIALS')
      const { errors } = await login(app, identifier, undefined, client)
      expect(errors[0]?.extensions).toEqual({ code: LIMITED, retryAfter: expect.any(Number) })
    }
    const owner = freshClient()
    expect(await code(username, owner)).toBe('ok')
    const codes = [await code(username, owner, WRONG), await code(username, owner, WRONG), await code(username, owner)]
    expect(codes).toEqual(['INVALID_CREDENTIALS', 'INVALID_CREDENTIALS', 'ok'])
  })

  it('and not after 99, nor when a success came between', async () => {
    const { username } = await signUp(app)
    await fail(username, 99)
    const client = freshClient()
    expect(await code(username, client)).toBe('ok')
    await fail(username, 90)
    expect(await code(username, client, WRONG)).toBe('INVALID_CREDENTIALS')
    expect(await code(username, client)).toBe('ok')
  })

  if (backend === 'sqlite')
    it('the next try of an address comes a minute later', async () => {
      const { username } = await signUp(app)
      vi.useFakeTimers({ toFake: ['Date'] })
      await fail(username, 100)
      const client = freshClient()
      expect(await code(username, client, WRONG)).toBe('INVALID_CREDENTIALS')
      vi.setSystemTime(Date.now() + 59_000)
      expect(await code(username, client)).toBe(LIMITED)
      vi.setSystemTime(Date.now() + 1000)
      expect(await code(username, client)).toBe('ok')
    })
})
