import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import type { App } from '../../src/app.ts'
import { createSecondInstance, createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { TestClient } from '../support/client.ts'
import { createTestClock, followClock } from '../support/clock.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { PASSWORD, type Person } from '../support/story.ts'
import { login, refresh } from '../support/tokens.ts'

const WRONG = 'wrong password 1'
const LIMITED = 'RATE_LIMITED'
const REGISTER = 'mutation ($input: RegisterInput!) { register(input: $input) { user { id } } }'

let addresses = 0

/** Headers of a client with a new address, behind a trusted proxy. */
function freshClient() {
  addresses += 1
  return { headers: { 'x-forwarded-for': `198.51.100.${addresses}` } }
}

describeEachBackend('the limits of a client', (backend) => {
  let app: TestApp
  let redis: TestRedis | undefined
  const clock = createTestClock()
  const statements: string[] = []

  /** A private Redis, because other suites count in the shared one. */
  const settings = () => ({ RATE_LIMIT_FACTOR: '1', ...(redis && { REDIS_URL: redis.url }) })

  afterEach(() => {
    vi.restoreAllMocks()
  })
  beforeAll(async () => {
    redis = backend === 'mysql' ? await startRedis() : undefined
    const env = { ...settings(), TRUSTED_PROXIES: '127.0.0.1' }
    app = await createTestApp({ backend, env, clock: clock.now, onQuery: (sql) => statements.push(sql) })
  })
  afterAll(async () => {
    await app.close()
    await redis?.stop()
  })

  let names = 0

  async function account(): Promise<Pick<Person, 'username' | 'email'>> {
    names += 1
    const [username, email] = [`limited${names}`, `limited${names}@example.com`]
    await new TestClient(app.url, freshClient()).get(REGISTER, { input: { username, email, password: PASSWORD } })
    return { username, email }
  }

  const times = async (count: number, call: (index: number) => Promise<{ codes: string[] }>) => {
    const codes: string[] = []
    for (let index = 0; index < count; index++) codes.push((await call(index)).codes[0] ?? 'ok')
    return codes
  }

  it('are 10 logins in 60 s per address and identifier, the right password or not (ASVS 6.3.1)', async () => {
    const { username } = await account()
    const client = freshClient()
    const codes = await times(11, (index) => login(app, username, index < 9 ? WRONG : PASSWORD, client))
    expect(codes).toEqual([...Array(9).fill('INVALID_CREDENTIALS'), 'ok', LIMITED])
    const { errors, data, status } = await login(app, username, PASSWORD, client)
    expect([data, status]).toEqual([{ login: null }, 200])
    expect(errors[0]?.extensions).toEqual({ code: LIMITED, retryAfter: expect.any(Number) })
    expect(errors[0]?.extensions.retryAfter).toBeGreaterThanOrEqual(1)
    expect(errors[0]?.extensions.retryAfter).toBeLessThanOrEqual(60)
    expect((await login(app, username, PASSWORD, freshClient())).codes).toEqual([])
    expect((await login(app, (await account()).username, PASSWORD, client)).codes).toEqual([])
  })

  it('cannot be dodged by the spelling of the identifier, known or not', async () => {
    for (const name of [(await account()).username, 'never-registered', 'never@example.com']) {
      const client = freshClient()
      const spellings = [name, name.toUpperCase(), ` ${name}`, `${name}\t`, `${name[0]?.toUpperCase()}${name.slice(1)}`]
      const codes = await times(12, (index) => login(app, spellings[index % 5] ?? '', WRONG, client))
      expect(codes).toEqual([...Array(10).fill('INVALID_CREDENTIALS'), LIMITED, LIMITED])
    }
  })

  it('count aliases one by one, and refuse before any look-up and any hash', async () => {
    const { username } = await account()
    const fields = Array.from({ length: 14 }, (_, index) => `l${index}: login(input: $input) { accessToken }`)
    const document = `mutation ($input: LoginInput!) { ${fields.join(' ')} }`
    const client = new TestClient(app.url, freshClient())
    const input = { identifier: username, password: WRONG }
    const { codes } = await client.run(document, { input })
    expect(codes).toEqual([...Array(10).fill('INVALID_CREDENTIALS'), ...Array(4).fill(LIMITED)])
    statements.length = 0
    expect((await client.run(document, { input: { ...input, password: PASSWORD } })).codes).toEqual(
      Array(14).fill(LIMITED),
    )
    expect(statements).toEqual([])
  })

  it('are 100 logins in 60 s per address, whatever the identifiers', async () => {
    const client = freshClient()
    const { username } = await account()
    const codes: string[] = []
    for (let round = 0; round < 5; round++)
      codes.push(
        ...(
          await Promise.all(Array.from({ length: 20 }, (_, index) => login(app, `no${round}-${index}`, WRONG, client)))
        ).flatMap((answer) => answer.codes),
      )
    expect(codes).toEqual(Array(100).fill('INVALID_CREDENTIALS'))
    const { errors } = await login(app, username, PASSWORD, client)
    expect(errors[0]?.extensions).toEqual({ code: LIMITED, retryAfter: expect.any(Number) })
    expect((await login(app, username, PASSWORD, freshClient())).codes).toEqual([])
  })

  it('are 10 registrations an hour per address, failed ones too, IPv6 by its /64', async () => {
    const register = (index: number, address: string) => {
      const headers = { 'x-forwarded-for': address }
      const input = {
        username: `${address.replaceAll(/[.:]/g, '-')}x${index}`,
        email: `x${index}@${address.length}.example`,
        password: PASSWORD,
      }
      return new TestClient(app.url, { headers }).run(REGISTER, {
        input: index % 2 ? input : { ...input, password: 'short' },
      })
    }
    const address = freshClient().headers['x-forwarded-for']
    const codes = await times(11, (index) => register(index, address))
    expect(codes.filter((code) => code === LIMITED)).toHaveLength(1)
    expect(codes[10]).toBe(LIMITED)
    const rotating = await times(11, (index) => register(index, `2001:db8:${backend.length}::${index + 1}`))
    expect(rotating.slice(0, 10)).not.toContain(LIMITED)
    expect(rotating[10]).toBe(LIMITED)
    expect(await times(1, () => register(1, `2001:db8:${backend.length}:1::1`))).not.toContain(LIMITED)
  })

  it('are 60 refreshes in 60 s per address', async () => {
    const client = freshClient()
    const { data } = await login(app, (await account()).username, PASSWORD, client)
    const codes = await times(61, () => refresh(app, 'nonsense', client))
    expect(codes).toEqual([...Array(60).fill('REFRESH_TOKEN_INVALID'), LIMITED])
    const token = data?.login?.refreshToken
    expect((await refresh(app, token, client)).codes).toEqual([LIMITED])
    expect((await refresh(app, token, freshClient())).codes).toEqual([])
  })

  const changes: [string, string][] = [
    [
      'changePassword',
      'changePassword(input: { currentPassword: "wrong", newPassword: "another long password 2" }) { revokedSessions }',
    ],
    ['changeEmail', 'changeEmail(input: { currentPassword: "wrong", email: "other@example.com" }) { user { id } }'],
    ['deleteProfile', 'deleteProfile(input: { currentPassword: "wrong" }) { userId }'],
  ]

  it.each(changes)('are 10 of %s in 60 s per user, from wherever and in whatever session', async (_, field) => {
    const { username } = await account()
    const signIn = async () => (await login(app, username, PASSWORD, freshClient())).data?.login?.accessToken
    const tokens = [await signIn(), await signIn()]
    const call = (index: number) =>
      new TestClient(app.url, { ...freshClient(), token: tokens[index % 2] }).run(`mutation { ${field} }`)
    expect(await times(11, call)).toEqual([...Array(10).fill('INVALID_CREDENTIALS'), LIMITED])
    const other = (await login(app, (await account()).username, PASSWORD, freshClient())).data?.login?.accessToken
    const neighbour = new TestClient(app.url, { ...freshClient(), token: other })
    expect((await neighbour.run(`mutation { ${field} }`)).codes).toEqual(['INVALID_CREDENTIALS'])
  })

  it.each(changes)('count %s of strangers too, before authorisation', async (_, field) => {
    const client = new TestClient(app.url, freshClient())
    const codes = await times(11, () => client.run(`mutation { ${field} }`))
    expect(codes).toEqual([...Array(10).fill('UNAUTHENTICATED'), LIMITED])
  })

  it('cannot be dodged by X-Forwarded-For without a trusted proxy', async () => {
    const direct = await createTestApp({ backend, env: settings(), clock: clock.now })
    const codes = await times(11, () => login(direct, 'somebody', WRONG, freshClient()))
    expect(codes).toEqual([...Array(10).fill('INVALID_CREDENTIALS'), LIMITED])
    await direct.close()
  })

  it('are multiplied by RATE_LIMIT_FACTOR', async () => {
    const strict = await createTestApp({ backend, env: { ...settings(), RATE_LIMIT_FACTOR: '0.2' }, clock: clock.now })
    const codes = await times(3, () => login(strict, 'somebody-else', WRONG))
    expect(codes).toEqual(['INVALID_CREDENTIALS', 'INVALID_CREDENTIALS', LIMITED])
    await strict.close()
  })

  if (backend === 'sqlite')
    it('begin anew when their time is over', async () => {
      followClock(clock.now)
      const client = freshClient()
      const { username } = await account()
      const burst = () => times(11, () => login(app, username, WRONG, client))
      expect((await burst()).at(-1)).toBe(LIMITED)
      clock.advance(59)
      expect((await login(app, username, PASSWORD, client)).errors[0]?.extensions.retryAfter).toBe(1)
      clock.advance(1)
      expect((await burst()).filter((code) => code === LIMITED)).toHaveLength(1)
    })

  if (backend === 'mysql')
    it('are exact over two instances, whatever comes at once', async () => {
      const other: App = await createSecondInstance(app, { clock: clock.now })
      const { username } = await account()
      const client = freshClient()
      const answers = await Promise.all(
        Array.from({ length: 40 }, (_, index) => login(index % 2 ? app : other, username, WRONG, client)),
      )
      const codes = answers.flatMap((answer) => answer.codes)
      expect(codes.filter((code) => code === 'INVALID_CREDENTIALS')).toHaveLength(10)
      expect(codes.filter((code) => code === LIMITED)).toHaveLength(30)
      await other.close()
    })
})
