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

  const register = (name: string, address: string, password = PASSWORD) => {
    const input = { username: name, email: `${name}@example.com`, password }
    return new TestClient(app.url, { headers: { 'x-forwarded-for': address } }).run(REGISTER, { input })
  }

  it('are 10 registrations an hour per address, conflicts too, IPv6 by its /64', async () => {
    const taken = (await account()).username
    const address = freshClient().headers['x-forwarded-for']
    const codes = await times(11, (index) => register(index % 2 ? taken : `opened-${index}`, address))
    expect(codes).toEqual([...Array.from({ length: 10 }, (_, index) => (index % 2 ? 'CONFLICT' : 'ok')), LIMITED])
    const network = (index: number) => `2001:db8:${backend.length}::${index + 1}`
    const rotating = await times(11, (index) => register(taken, network(index)))
    expect(rotating).toEqual([...Array(10).fill('CONFLICT'), LIMITED])
    expect(await times(1, () => register(taken, `2001:db8:${backend.length}:1::1`))).toEqual(['CONFLICT'])
  })

  it('do not count a registration that is BAD_USER_INPUT, and refuse it where they are used up', async () => {
    const taken = (await account()).username
    const address = freshClient().headers['x-forwarded-for']
    const bad = () => register(taken, address, 'short')
    const worked = await Promise.all(
      Array.from({ length: 30 }, (_, index) => (index % 6 ? bad() : register(taken, address))),
    )
    expect(worked.map(({ codes }) => codes[0])).toEqual(
      Array.from({ length: 30 }, (_, index) => (index % 6 ? 'BAD_USER_INPUT' : 'CONFLICT')),
    )
    const fields = Array.from(
      { length: 14 },
      (_, index) => `r${index}: register(input: $${index % 2 ? 'good' : 'bad'}) { user { id } }`,
    )
    const document = `mutation ($good: RegisterInput!, $bad: RegisterInput!) { ${fields.join(' ')} }`
    const good = { username: taken, email: 'x@example.com', password: PASSWORD }
    const client = new TestClient(app.url, { headers: { 'x-forwarded-for': address } })
    const { codes, errors } = await client.run(document, { good, bad: { ...good, password: 'short' } })
    const pairs = Array(5).fill(['BAD_USER_INPUT', 'CONFLICT']).flat()
    expect(codes).toEqual([...pairs, ...Array(4).fill(LIMITED)])
    expect(errors.at(-1)?.extensions.retryAfter).toBeGreaterThan(3500)
    expect((await bad()).codes).toEqual([LIMITED])
  })

  it('take exactly 10 of many registrations at once, among them bad ones', async () => {
    const taken = (await account()).username
    const address = freshClient().headers['x-forwarded-for']
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) => register(taken, address, index % 2 ? 'short' : PASSWORD)),
    )
    const codes = answers.flatMap((answer) => answer.codes)
    expect(codes.filter((code) => code === 'CONFLICT')).toHaveLength(10)
    expect((await register(taken, address)).codes).toEqual([LIMITED])
  })

  it('are 60 refused refresh tokens in 60 s per address, of whatever kind, and a good one passes all the same', async () => {
    const client = freshClient()
    const { data } = await login(app, (await account()).username, PASSWORD, client)
    const { username } = await account()
    const ended = (await login(app, username, PASSWORD, client)).data?.login
    await new TestClient(app.url, { token: ended?.accessToken }).get('mutation { logout { sessionId } }')
    const fields = Array.from({ length: 30 }, (_, index) => `r${index}: refresh(input: $input) { refreshToken }`)
    const document = `mutation ($input: RefreshInput) { ${fields.join(' ')} }`
    const tries = (refreshToken: string | null | undefined) =>
      new TestClient(app.url, client).run(document, { input: refreshToken ? { refreshToken } : null })
    expect((await tries('nonsense')).codes).toEqual(Array(30).fill('REFRESH_TOKEN_INVALID'))
    expect((await tries(ended?.refreshToken)).codes).toEqual(Array(30).fill('REFRESH_TOKEN_INVALID'))
    expect((await refresh(app, 'nonsense', client)).codes).toEqual([LIMITED])
    const { codes, errors } = await tries(null)
    expect(codes).toEqual(Array(30).fill(LIMITED))
    expect(errors[0]?.extensions.retryAfter).toBeLessThanOrEqual(60)
    const good = await refresh(app, data?.login?.refreshToken, client)
    expect(good.codes).toEqual([])
    expect((await refresh(app, good.data?.refresh?.refreshToken, client)).codes).toEqual([])
    expect((await refresh(app, 'nonsense', freshClient())).codes).toEqual(['REFRESH_TOKEN_INVALID'])
  })

  it('are 60 refreshes in 60 s per session, from wherever, before any statement', async () => {
    const { username } = await account()
    const client = freshClient()
    const token = (await login(app, username, PASSWORD, client)).data?.login?.refreshToken
    const fields = Array.from({ length: 30 }, (_, index) => `r${index}: refresh(input: $input) { refreshToken }`)
    const document = `mutation ($input: RefreshInput) { ${fields.join(' ')} }`
    const tries = () => new TestClient(app.url, freshClient()).run(document, { input: { refreshToken: token } })
    expect([...(await tries()).codes, ...(await tries()).codes]).toEqual([])
    statements.length = 0
    const { codes, errors } = await tries()
    expect(codes).toEqual(Array(30).fill(LIMITED))
    expect(errors[0]?.extensions.retryAfter).toBeLessThanOrEqual(60)
    expect(statements).toEqual([])
    const other = await login(app, username, PASSWORD, client)
    expect((await refresh(app, other.data?.login?.refreshToken, client)).codes).toEqual([])
  })

  const writes = [
    'updateProfile(input: { displayName: "New" }) { user { id } }',
    'setSessionValue(input: { key: "k", value: 1 }) { session { id } }',
    'removeSessionValue(input: { key: "k" }) { session { id } }',
    'clearSessionValues { session { id } }',
  ]

  it('are 60 in 60 s per user of each write that is not the password, in whatever session', async () => {
    const { username } = await account()
    const signIn = async () => (await login(app, username, PASSWORD, freshClient())).data?.login?.accessToken
    const tokens = [await signIn(), await signIn(), await signIn()]
    for (const field of writes) {
      const fields = Array.from({ length: 21 }, (_, index) => `w${index}: ${field}`)
      const answers = await Promise.all(
        tokens.map((token) =>
          new TestClient(app.url, { ...freshClient(), token }).run(`mutation { ${fields.join(' ')} }`),
        ),
      )
      expect(answers.flatMap(({ codes }) => codes)).toEqual(Array(3).fill(LIMITED))
    }
    const neighbour = (await login(app, (await account()).username, PASSWORD, freshClient())).data?.login?.accessToken
    const client = new TestClient(app.url, { ...freshClient(), token: neighbour })
    expect((await client.run(`mutation { ${writes[0]} }`)).codes).toEqual([])
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
