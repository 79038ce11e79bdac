import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createSecondInstance, createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { TestClient } from '../support/client.ts'
import { openDatabaseOf } from '../support/database.ts'
import { PASSWORD, type Person, signIn, signUp, signUpAdmin } from '../support/story.ts'
import { activities, login } from '../support/tokens.ts'

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
      jti,
      iat,
      exp: iat + 900,
    })
    expect(iat).toBeGreaterThanOrEqual(before)
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
