import { setTimeout as pause } from 'node:timers/promises'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { createSecondInstance, createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { TestClient } from '../support/client.ts'
import { createTestClock, followClock } from '../support/clock.ts'
import { openDatabaseOf } from '../support/database.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { PASSWORD, type Person, signIn, signUp, signUpAdmin } from '../support/story.ts'
import { activities, codesOf, login } from '../support/tokens.ts'

const WRONG = 'wrong password 1'
const UPDATE = 'mutation ($input: UpdateUserInput!) { updateUser(input: $input) { user { isActive } } }'

describeEachBackend('signing in', (backend) => {
  let app: TestApp
  let chief: Person
  const statements: string[] = []

  beforeAll(async () => {
    app = await createTestApp({ backend, onQuery: (sql) => statements.push(sql) })
    chief = await signUpAdmin(app)
  })
  afterAll(() => app.close())

  const disable = ({ id }: Person) => chief.client.get(UPDATE, { input: { userId: id, isActive: false } })
  const failuresOf = (userId: string) => activities(chief.client, { userId, actions: ['USER_LOGIN_FAILED'] })

  it('takes a username or an e-mail address, in any case, with one look-up', async () => {
    const alice = await signUp(app, 'Alice')
    for (const identifier of [alice.username.toUpperCase(), ` ${alice.email.toUpperCase()} `]) {
      statements.length = 0
      expect((await login(app, identifier)).data?.login?.user.id).toBe(alice.id)
      expect(statements.filter((sql) => /^select.*from [`"]?users\b/i.test(sql))).toHaveLength(1)
    }
    expect((await login(app, `${alice.username}@`)).codes).toEqual(['INVALID_CREDENTIALS'])
    expect((await login(app, alice.email.replace('@', ''))).codes).toEqual(['INVALID_CREDENTIALS'])
  })

  it('begins a session, sets lastLoginAt and records it (ASVS 16.3.1)', async () => {
    const alice = await signUp(app)
    const me = '{ me { lastLoginAt sessions { id isCurrent } } session { id } }'
    const { me: before } = await alice.client.get<{ me: { lastLoginAt: string; sessions: object[] } }, object>(me)
    expect(Math.abs(Date.now() - Date.parse(before.lastLoginAt))).toBeLessThan(60_000)
    expect(before.sessions).toEqual([{ id: alice.sessionId, isCurrent: true }])
    const again = await signIn(app, alice.email)
    expect(again.sessionId).not.toBe(alice.sessionId)
    const { me: after } = await again.client.get<typeof before & { me: typeof before }, object>(me)
    expect(Date.parse(after.lastLoginAt)).toBeGreaterThanOrEqual(Date.parse(before.lastLoginAt))
    expect(after.sessions).toHaveLength(2)
    const logins = { userId: alice.id, actions: ['USER_LOGIN'] }
    const entry = { action: 'USER_LOGIN', userId: alice.id, actorId: alice.id, details: null }
    expect(await activities(chief.client, logins)).toEqual([entry, entry])
  })

  it('tells nobody whether an account exists, or is disabled, without its password (ASVS 6.3.8)', async () => {
    const [alice, gone] = [await signUp(app), await signUp(app)]
    await disable(gone)
    const identifiers = ['nobody-at-all', 'nobody@example.net', alice.username, alice.email, gone.username, gone.email]
    const answers = await Promise.all(identifiers.map((identifier) => login(app, identifier, 'wrong password 1')))
    const texts = answers.map(({ status, data, errors, headers }) => {
      const extensions = { ...errors[0]?.extensions, requestId: undefined }
      const names = [...headers.keys()].filter((name) => name !== 'x-request-id')
      return JSON.stringify([status, data, errors.length, errors[0]?.message, extensions, names])
    })
    expect(new Set(texts).size).toBe(1)
    expect(answers[0]?.codes).toEqual(['INVALID_CREDENTIALS'])
    expect((await login(app, gone.username)).codes).toEqual(['ACCOUNT_DISABLED'])
    expect((await login(app, gone.email)).codes).toEqual(['ACCOUNT_DISABLED'])
  })

  it('records every failure, and never what was typed (ASVS 16.3.1)', async () => {
    const [alice, gone] = [await signUp(app), await signUp(app)]
    await disable(gone)
    await login(app, alice.username, 'typed by mistake 1')
    await login(app, gone.username)
    await login(app, gone.username, 'typed by mistake 2')
    const failure = { action: 'USER_LOGIN_FAILED', actorId: null, details: null }
    expect(await failuresOf(alice.id)).toEqual([{ ...failure, userId: alice.id }])
    expect(await failuresOf(gone.id)).toEqual(Array(2).fill({ ...failure, userId: gone.id }))
    const unknown = async () =>
      (await activities(chief.client, { actions: ['USER_LOGIN_FAILED'] })).filter(({ userId }) => userId === null)
    const before = await unknown()
    await login(app, 'typed-in-the-wrong-box', 'typed by mistake 3')
    expect(await unknown()).toEqual([...before, { ...failure, userId: null }])
    expect(JSON.stringify(await activities(chief.client))).not.toMatch(/typed/)
  })

  it('refuses passwords that nobody can have as it refuses wrong ones', async () => {
    const { username } = await signUp(app)
    for (const password of ['', 'x'.repeat(40_000), 'lone \ud800', 'NUL \0'])
      expect((await login(app, username, password)).codes).toEqual(['INVALID_CREDENTIALS'])
  })

  it('makes the hash anew at the next login after its parameters changed, once (ASVS 11.4.2)', async () => {
    const alice = await signUp(app)
    const orm = await openDatabaseOf(app.env)
    const hashOf = async () => {
      const [row] = await orm.em.execute('select password_hash from users where id = ?', [alice.id])
      return String(row?.password_hash)
    }
    const later = await createSecondInstance({ ...app, env: { ...app.env, PASSWORD_HASH_ITERATIONS: '2' } })
    const old = await hashOf()
    expect(old).toContain('t=1')
    expect((await login(later, alice.username, 'wrong password 1')).codes).toEqual(['INVALID_CREDENTIALS'])
    await signIn(app, alice.username)
    expect(await hashOf()).toBe(old)
    await signIn(later, alice.username)
    const renewed = await hashOf()
    expect(renewed).toContain('t=2')
    await signIn(later, alice.username)
    expect(await hashOf()).toBe(renewed)
    await Promise.all([later.close(), orm.close()])
  })

  it('shows below AuthPayload what the account just signed in may see, whoever asks', async () => {
    const [alice, bob] = [await signUp(app), await signUp(app)]
    const document = `mutation ($a: LoginInput!, $b: LoginInput!) {
      first: login(input: $a) { session { id isCurrent keys } user { id sessions { id isCurrent } activities { nodes { action } } } }
      second: login(input: $b) { session { isCurrent } user { id sessions { isCurrent } } }
      updateProfile(input: { displayName: "after" }) { user { id } }
    }`
    const variables = {
      a: { identifier: alice.username, password: PASSWORD },
      b: { identifier: bob.username, password: PASSWORD },
    }
    const data = await chief.client.get<
      Record<'first' | 'second', { session: { id: string }; user: object }>,
      typeof variables
    >(document, variables)
    const { id } = data.first.session
    expect(data).toEqual({
      first: {
        session: { id, isCurrent: true, keys: [] },
        user: {
          id: alice.id,
          sessions: [
            { id, isCurrent: true },
            { id: alice.sessionId, isCurrent: false },
          ],
          activities: { nodes: [{ action: 'USER_LOGIN' }, { action: 'USER_LOGIN' }, { action: 'USER_REGISTERED' }] },
        },
      },
      second: {
        session: { isCurrent: true },
        user: { id: bob.id, sessions: [{ isCurrent: true }, { isCurrent: false }] },
      },
      updateProfile: { user: { id: chief.id } },
    })
  })

  it('issues an access token of RFC 9068 that ends in time and holds no name (ASVS 9.1.2, 9.2.4)', async () => {
    const alice = await signUp(app)
    const before = Math.floor(Date.now() / 1000)
    const { data } = await login(app, alice.username)
    const { accessToken = '', accessTokenExpiresAt = '', accessTokenExpiresIn, session } = data?.login ?? {}
    expect(decodeProtectedHeader(accessToken)).toEqual({ alg: 'EdDSA', typ: 'at+jwt', kid: expect.any(String) })
    const claims = decodeJwt(accessToken)
    const { iat = 0, exp = 0, jti } = claims
    expect(claims).toEqual({
      iss: 'gatehouse',
      aud: 'gatehouse',
      sub: alice.id,
      sid: session?.id,
      roles: ['user'],
      amr: ['pwd'],
      auth_time: expect.any(Number),
      jti,
      iat,
      exp: iat + 900,
    })
    expect(iat).toBeGreaterThanOrEqual(before)
    expect(claims['auth_time']).toBe(Math.floor(Date.parse(session?.createdAt ?? '') / 1000))
    expect(new Date(exp * 1000).toISOString()).toBe(accessTokenExpiresAt)
    expect(accessTokenExpiresIn).toBe(900)
    expect(jti).not.toBe(decodeJwt(alice.accessToken).jti)
    const { username, email } = alice
    expect(JSON.stringify(claims)).not.toMatch(new RegExp(`${username}|${email}`))
  })

  it('is not hindered by bad credentials, and neither are register and refresh', async () => {
    const alice = await signUp(app)
    const revoked = await signIn(app, alice.username)
    await revoked.client.get('mutation { logout { sessionId } }')
    const forged = `${alice.accessToken.slice(0, -10)}AAAAAAAAAA`
    const bad = [revoked.accessToken, forged, 'nonsense', alice.refreshToken].map((token) => `Bearer ${token}`)
    const { refreshToken } = alice
    let current = refreshToken
    for (const [index, authorization] of [...bad, 'Basic YTpi', 'Bearer'].entries()) {
      const client = new TestClient(app.url, { headers: { authorization } })
      expect((await client.run('{ me { id } session { id } roles { name } }')).codes).toEqual(
        Array(3).fill('UNAUTHENTICATED'),
      )
      const name = `unhindered${backend}${index}`
      const document = `mutation ($r: RegisterInput!, $l: LoginInput!, $t: RefreshInput) {
        register(input: $r) { user { id } } login(input: $l) { user { id } } refresh(input: $t) { refreshToken }
      }`
      const data = await client.get<{ refresh: { refreshToken: string } }, object>(document, {
        r: { username: name, email: `${name}@example.com`, password: PASSWORD },
        l: { identifier: alice.username, password: PASSWORD },
        t: { refreshToken: current },
      })
      current = data.refresh.refreshToken
    }
  })
})

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
    vi.restoreAllMocks()
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
      followClock(clock.now)
      await fail(username, 100)
      const client = freshClient()
      expect(await code(username, client, WRONG)).toBe('INVALID_CREDENTIALS')
      clock.advance(59)
      expect(await code(username, client)).toBe(LIMITED)
      clock.advance(1)
      expect(await code(username, client)).toBe('ok')
    })
})

describeEachBackend('the work of a login', (backend) => {
  let app: TestApp

  beforeAll(async () => {
    const env = {
      PASSWORD_HASH_MEMORY_KIB: '8192',
      PASSWORD_HASH_ITERATIONS: '2',
      PASSWORD_HASH_CONCURRENCY: '1',
    }
    app = await createTestApp({ backend, env })
  })
  afterAll(() => app.close())

  it('is the same for an unknown account, so that time tells nothing (ASVS 6.3.8)', async () => {
    const { username } = await signUp(app)
    const known: number[] = []
    const unknown: number[] = []
    for (let round = 0; round < 25; round++) {
      known.push(await timeOf(username))
      unknown.push(await timeOf(`nobody${round}`))
    }
    // Without the hash of the decoy the time would be a tenth.
    expect(medianOf(unknown) / medianOf(known)).toBeGreaterThan(0.6)
    expect(medianOf(unknown) / medianOf(known)).toBeLessThan(1.6)
  })

  it('is bounded: of 200 at once those that cannot wait are refused at once, and others stay quick', async () => {
    const chief = await signUpAdmin(app)
    const person = await signUp(app)
    const order: string[] = []
    const logins = Array.from({ length: 200 }, async () => {
      const { codes } = await login(app, person.username, WRONG)
      order.push(codes[0] ?? 'ok')
    })
    await pause(100)
    const client = new TestClient(app.url, { token: person.accessToken })
    await client.get('{ me { id } }')
    expect(order.filter((code) => code === 'INVALID_CREDENTIALS').length).toBeLessThan(60)
    await Promise.all(logins)
    const served = order.filter((code) => code === 'INVALID_CREDENTIALS').length
    expect(served).toBeGreaterThanOrEqual(65)
    expect(order.filter((code) => code === 'SERVICE_UNAVAILABLE')).toHaveLength(200 - served)
    expect(order.lastIndexOf('SERVICE_UNAVAILABLE')).toBeLessThan(order.lastIndexOf('INVALID_CREDENTIALS'))
    const filter = { userId: person.id, actions: ['USER_LOGIN_FAILED'] }
    expect((await activities(chief.client, filter)).length).toBe(Math.min(served, 100))
  })

  it('lets nobody in whose account was disabled while the password was checked', async () => {
    const chief = await signUpAdmin(app)
    const { username, id } = await signUp(app)
    const logins = Array.from({ length: 20 }, () => login(app, username))
    await pause(50)
    await chief.client.get(
      'mutation ($id: ID!) { updateUser(input: { userId: $id, isActive: false }) { user { id } } }',
      {
        id,
      },
    )
    const answers = await Promise.all(logins)
    expect(answers.at(-1)?.codes).toEqual(['ACCOUNT_DISABLED'])
    for (const { data } of answers)
      expect(await codesOf(app, data?.login?.accessToken ?? '')).toEqual(['UNAUTHENTICATED'])
  })

  it('lets nobody in whose password was changed while it was checked', async () => {
    const { username, client } = await signUp(app)
    const input = `{ currentPassword: "${PASSWORD}", newPassword: "another long password 2" }`
    const change = client.get(`mutation { changePassword(input: ${input}) { revokedSessions } }`)
    const logins: ReturnType<typeof login>[] = []
    while (logins.length < 30) {
      logins.push(login(app, username))
      await pause(5)
    }
    await change
    const answers = await Promise.all(logins)
    expect(answers.at(-1)?.codes).toEqual(['INVALID_CREDENTIALS'])
    for (const { data } of answers)
      expect(await codesOf(app, data?.login?.accessToken ?? '')).toEqual(['UNAUTHENTICATED'])
  })

  async function timeOf(identifier: string): Promise<number> {
    const startedAt = performance.now()
    expect((await login(app, identifier, WRONG)).codes).toEqual(['INVALID_CREDENTIALS'])
    return performance.now() - startedAt
  }
})

function medianOf(times: number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0
}
