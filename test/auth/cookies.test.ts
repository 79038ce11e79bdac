import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Backend, createSecondInstance, createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { Browser } from '../support/browser.ts'
import { createTestClock } from '../support/clock.ts'
import { openDatabaseOf } from '../support/database.ts'
import { PASSWORD, type Person, signUp, signUpAdmin } from '../support/story.ts'
import { activities, codesOf, LOGIN, login, refresh, refreshed } from '../support/tokens.ts'

const REFRESH_COOKIE = '__Host-gatehouse-refresh'
const CSRF_COOKIE = '__Host-gatehouse-csrf'
const FRONT = 'https://front.example.com'
const INVALID = ['REFRESH_TOKEN_INVALID']
const CSRF = ['CSRF_FAILED']

/** Every row of every table, as JSON. */
async function everythingIn({ env }: TestApp, backend: Backend): Promise<string> {
  const orm = await openDatabaseOf(env)
  const tables = await orm.em.execute<{ name: string }[]>(
    backend === 'sqlite'
      ? "select name from sqlite_master where type = 'table'"
      : 'select table_name as name from information_schema.tables where table_schema = database()',
  )
  expect(tables.length).toBeGreaterThan(5)
  const rows = await Promise.all(tables.map(({ name }) => orm.em.execute(`select * from ${name}`)))
  await orm.close()
  return JSON.stringify(rows)
}

describeEachBackend('the cookie transport', (backend) => {
  let app: TestApp
  let person: Person
  let chief: Person
  const clock = createTestClock()

  beforeAll(async () => {
    app = await createTestApp({ backend, clock: clock.now, env: { CORS_ORIGINS: FRONT } })
    person = await signUp(app)
    chief = await signUpAdmin(app)
  })
  afterAll(() => app.close())

  /** A browser that has signed in, and the csrfToken of its session. */
  async function signedIn(origin?: string) {
    const browser = new Browser(app, origin)
    const { data, errors } = await browser.login(person.username)
    if (!data?.login?.csrfToken) throw new Error(`Not signed in: ${JSON.stringify(errors)}`)
    return { browser, csrfToken: data.login.csrfToken, tokens: data.login }
  }

  it('puts the refresh token into an HttpOnly cookie alone, and csrfToken into a readable one (ASVS 3.3.1, 3.3.2, 3.3.3, 3.3.4)', async () => {
    const { browser, csrfToken, tokens } = await signedIn()
    expect(tokens.refreshToken).toBeNull()
    const [first = '', second = '', ...more] = browser.received
    expect(more).toEqual([])
    const attributesOf = (line: string) =>
      line
        .split('; ')
        .slice(1)
        .filter((part) => !part.startsWith('Expires='))
        .sort()
    expect(first).toMatch(/^__Host-gatehouse-refresh=ghr_/)
    expect(attributesOf(first)).toEqual(['HttpOnly', 'Path=/', 'SameSite=Strict', 'Secure'])
    expect(second.split(';')[0]).toBe(`${CSRF_COOKIE}=${csrfToken}`)
    expect(attributesOf(second)).toEqual(['Path=/', 'SameSite=Strict', 'Secure'])
    expect(await codesOf(app, tokens.accessToken)).toEqual([])
  })

  it('drops the prefix and Secure with COOKIE_SECURE=false', async () => {
    const plain = await createTestApp({ backend, env: { COOKIE_SECURE: 'false' } })
    const { username } = await signUp(plain)
    const browser = new Browser(plain)
    const { data } = await browser.login(username)
    expect([...browser.cookies.keys()]).toEqual(['gatehouse-refresh', 'gatehouse-csrf'])
    expect(browser.received.join()).not.toMatch(/secure/i)
    expect(browser.received.every((line) => line.includes('SameSite=Strict'))).toBe(true)
    expect((await browser.refresh(data?.login?.csrfToken)).codes).toEqual([])
    const logout = 'mutation { logout { sessionId } }'
    const headers = { 'x-csrf-token': data?.login?.csrfToken ?? '' }
    expect((await browser.run(logout, {}, { headers })).codes).toEqual([])
    expect(browser.cookies.size).toBe(0)
    await plain.close()
  })

  it('signs in from an allowed origin alone, and sets no cookie otherwise', async () => {
    for (const origin of [app.url, FRONT])
      expect((await new Browser(app, origin).login(person.username)).codes).toEqual([])
    const foreign = [
      'https://evil.example',
      'null',
      'http://front.example.com',
      `${FRONT}.evil.example`,
      'https://evil-front.example.com',
      `${FRONT}:8443`,
      app.url.replace('http:', 'https:'),
      'http://127.0.0.1',
      '',
    ]
    for (const origin of foreign) {
      const browser = new Browser(app, origin)
      expect((await browser.login(person.username)).codes, origin).toEqual(CSRF)
      expect(browser.received).toEqual([])
    }
    const login = (headers: Record<string, string>) =>
      new Browser(app, 'https://evil.example').login(person.username, { headers: { origin: '', ...headers } })
    expect((await login({ 'sec-fetch-site': 'same-origin' })).codes).toEqual([])
    for (const site of ['same-site', 'cross-site', 'none'])
      expect((await login({ 'sec-fetch-site': site })).codes).toEqual(CSRF)
  })

  it('refreshes with the cookie and x-csrf-token, which stays the same for the whole session', async () => {
    const { browser, csrfToken, tokens } = await signedIn(FRONT)
    const before = browser.cookies.get(REFRESH_COOKIE)
    const { data } = await browser.refresh(csrfToken)
    expect(data?.refresh).toMatchObject({ refreshToken: null, csrfToken, session: { id: tokens.session.id } })
    expect(browser.cookies.get(REFRESH_COOKIE)).not.toBe(before)
    expect(browser.cookies.get(CSRF_COOKIE)).toBe(csrfToken)
    expect((await browser.refresh(csrfToken)).data?.refresh?.csrfToken).toBe(csrfToken)
    expect((await signedIn()).csrfToken).not.toBe(csrfToken)
  })

  it('gives two tabs the same cookie and csrfToken within the grace', async () => {
    const { browser, csrfToken } = await signedIn()
    const tab = browser.copy(app)
    const answers = await Promise.all([browser.refresh(csrfToken), tab.refresh(csrfToken)])
    expect(answers.map(({ data }) => data?.refresh?.csrfToken)).toEqual([csrfToken, csrfToken])
    expect(tab.cookies).toEqual(browser.cookies)
  })

  it('leaves nothing in the database that could be sent: no token, no part of one, no reversible form of one', async () => {
    const { browser, csrfToken, tokens } = await signedIn()
    const used = browser.cookies.get(REFRESH_COOKIE) ?? ''
    const next = (await browser.refresh(csrfToken)).data?.refresh
    const body = await refreshed(app, (await signUp(app)).refreshToken)
    const text = await everythingIn(app, backend)
    expect(text).toContain(tokens.session.id)
    expect(text).toContain(body.session.id)
    const refreshTokens = [used, browser.cookies.get(REFRESH_COOKIE) ?? '', body.refreshToken]
    const accessTokens = [tokens.accessToken, next?.accessToken ?? '', body.accessToken]
    for (const token of [...refreshTokens, ...accessTokens, csrfToken]) expect(text).not.toContain(token)
    const secretParts = [
      ...refreshTokens.map((token) => Buffer.from(token.slice(4), 'base64url').subarray(20)),
      ...accessTokens.map((token) => Buffer.from(token.split('.')[2] ?? '', 'base64url')),
      Buffer.from(csrfToken, 'base64url'),
    ]
    for (const bytes of secretParts) {
      expect(bytes.length).toBeGreaterThanOrEqual(32)
      for (const encoding of ['base64url', 'base64', 'hex'] as const)
        expect(text.toLowerCase()).not.toContain(bytes.toString(encoding).slice(0, 40).toLowerCase())
    }
  })

  it('takes no stored form for a csrfToken, but the one that version 0.1.0 has stored', async () => {
    const { browser, csrfToken, tokens } = await signedIn()
    const orm = await openDatabaseOf(app.env)
    const { id } = tokens.session
    const [row] = await orm.em.execute<{ stored: string }[]>('select csrf_token as stored from sessions where id = ?', [
      id,
    ])
    expect(row?.stored).toMatch(/^sha256:/)
    expect((await browser.refresh(row?.stored)).codes).toEqual(CSRF)
    await orm.em.execute('update sessions set csrf_token = ? where id = ?', [csrfToken, id])
    await orm.close()
    expect((await browser.refresh(csrfToken)).data?.refresh).toMatchObject({ csrfToken })
    expect((await browser.refresh(row?.stored)).codes).toEqual(CSRF)
    const headers = { 'x-csrf-token': csrfToken }
    expect((await browser.run('mutation { logout { sessionId } }', {}, { headers })).codes).toEqual([])
  })

  it('is CSRF_FAILED without the right x-csrf-token or origin, and then changes and clears nothing', async () => {
    const { browser, csrfToken } = await signedIn()
    const before = new Map(browser.cookies)
    const foreign = (await signedIn()).csrfToken
    const wrong = [
      null,
      '',
      foreign,
      csrfToken.toUpperCase(),
      csrfToken.slice(1),
      `${csrfToken}A`,
      `${csrfToken} ${csrfToken}`,
    ]
    for (const token of wrong) expect((await browser.refresh(token)).codes, String(token)).toEqual(CSRF)
    for (const origin of ['https://evil.example', 'null', ''])
      expect((await browser.refresh(csrfToken, { origin })).codes).toEqual(CSRF)
    const logout = 'mutation { logout { sessionId } }'
    expect((await browser.run(logout)).codes).toEqual(CSRF)
    expect((await browser.run(logout, {}, { headers: { origin: 'null', 'x-csrf-token': csrfToken } })).codes).toEqual(
      CSRF,
    )
    const inCookieAlone = await browser.run(logout, {}, { headers: { 'x-csrf-token': '' } })
    expect(inCookieAlone.codes).toEqual(CSRF)
    expect(browser.cookies).toEqual(before)
    expect((await browser.refresh(csrfToken)).codes).toEqual([])
  })

  it('checks origin, then token and channel, then x-csrf-token, then generation', async () => {
    const { browser, csrfToken } = await signedIn()
    const used = browser.copy(app)
    await browser.refresh(csrfToken)
    clock.advance(11)
    const evil = { origin: 'https://evil.example' }
    const forged = new Browser(app)
    forged.cookies.set(REFRESH_COOKIE, 'forged')
    expect((await forged.refresh(null, evil)).codes).toEqual(CSRF)
    expect((await forged.refresh(null)).codes).toEqual(INVALID)
    const body = new Browser(app)
    body.cookies.set(REFRESH_COOKIE, person.refreshToken)
    expect((await body.refresh(null, evil)).codes).toEqual(CSRF)
    expect((await body.refresh(null)).codes).toEqual(INVALID)
    expect((await used.refresh(csrfToken, evil)).codes).toEqual(CSRF)
    expect((await used.refresh(null)).codes).toEqual(CSRF)
    expect((await browser.refresh(csrfToken)).codes).toEqual([])
    expect((await used.refresh(csrfToken)).codes).toEqual(['REFRESH_TOKEN_REUSED'])
  })

  it('takes a token by its own channel alone; the other one, or both, change and clear nothing', async () => {
    const { browser, csrfToken } = await signedIn()
    const token = browser.cookies.get(REFRESH_COOKIE) ?? ''
    const body = await signUp(app)

    expect((await refresh(app, token)).codes).toEqual(INVALID)
    const document = 'mutation ($t: String) { refresh(input: { refreshToken: $t }) { accessToken } }'
    for (const beside of [token, body.refreshToken, '']) {
      expect((await browser.run(document, { t: beside }, { headers: { 'x-csrf-token': csrfToken } })).codes).toEqual(
        INVALID,
      )
      expect(browser.received).toEqual([])
    }
    const mixed = new Browser(app)
    mixed.cookies.set(REFRESH_COOKIE, body.refreshToken)
    const logout = 'mutation { logout { sessionId } }'
    for (const answer of [await mixed.refresh('any'), await mixed.run(logout)]) {
      expect(answer.codes).toEqual(INVALID)
      expect(mixed.received).toEqual([])
    }
    const empty = new Browser(app)
    expect((await empty.refresh('any')).codes).toEqual(INVALID)
    expect(empty.received).toEqual([])

    expect((await browser.run(document, { t: null }, { headers: { 'x-csrf-token': csrfToken } })).codes).toEqual([])
    expect((await refresh(app, body.refreshToken)).codes).toEqual([])
  })

  it('leaves the browser with the last session of a document that signs in twice, or out and in', async () => {
    const { browser, csrfToken, tokens } = await signedIn()
    const input = `{ identifier: "${person.username}", password: "${PASSWORD}", transport: COOKIE }`
    const document = `mutation {
      logout { sessionId }
      one: login(input: ${input}) { csrfToken }
      two: login(input: ${input}) { csrfToken session { id } }
    }`
    const { data, codes } = await browser.run<{ two: { csrfToken: string; session: { id: string } } }>(
      document,
      {},
      {
        token: tokens.accessToken,
        headers: { 'x-csrf-token': csrfToken },
      },
    )
    expect(codes).toEqual([])
    expect(browser.cookies.get(CSRF_COOKIE)).toBe(data?.two.csrfToken)
    expect((await browser.refresh(data?.two.csrfToken)).data?.refresh?.session.id).toBe(data?.two.session.id)
  })

  const logoutsOf = async ({ id }: Person) => activities(chief.client, { userId: id, actions: ['USER_LOGOUT'] })

  it('ends the session whose cookie a login replaces, of any generation and of whatever account', async () => {
    const [alice, bob] = [await signUp(app), await signUp(app)]
    const browser = new Browser(app)
    const first = (await browser.login(alice.username)).data?.login
    const old = browser.copy(app)
    await browser.refresh(first?.csrfToken)
    const second = (await old.login(bob.username)).data?.login
    expect(await codesOf(app, first?.accessToken ?? '')).toEqual(['UNAUTHENTICATED'])
    expect((await browser.refresh(first?.csrfToken)).codes).toEqual(INVALID)
    const row = { action: 'USER_LOGOUT', details: null }
    expect(await logoutsOf(alice)).toEqual([{ ...row, userId: alice.id, actorId: alice.id }])
    const third = (await old.login(bob.username)).data?.login
    expect(await codesOf(app, second?.accessToken ?? '')).toEqual(['UNAUTHENTICATED'])
    expect(await logoutsOf(bob)).toEqual([{ ...row, userId: bob.id, actorId: bob.id }])
    expect((await old.refresh(third?.csrfToken)).codes).toEqual([])
    expect(await codesOf(app, alice.accessToken)).toEqual([])
  })

  it('ends no session by a login that is refused, by one in the body, or by a cookie that is not its own', async () => {
    const alice = await signUp(app)
    const browser = new Browser(app)
    const kept = (await browser.login(alice.username)).data?.login
    const sent = browser.cookies.get(REFRESH_COOKIE) ?? ''
    const cookie = (value: string) => ({ headers: { cookie: `${REFRESH_COOKIE}=${value}`, origin: app.url } })
    const wrong = { input: { identifier: alice.username, password: 'wrong password 1', transport: 'COOKIE' } }
    expect((await browser.run(LOGIN, wrong)).codes).toEqual(['INVALID_CREDENTIALS'])
    expect((await browser.login(alice.username, { headers: { origin: 'https://evil.example' } })).codes).toEqual(CSRF)
    expect((await login(app, alice.username, PASSWORD, cookie(sent))).codes).toEqual([])
    const forged = `${sent.slice(0, -4)}${sent.endsWith('AAAA') ? 'BBBB' : 'AAAA'}`
    for (const value of [forged, 'nonsense', sent.toUpperCase(), alice.refreshToken])
      expect((await new Browser(app).login(person.username, cookie(value))).codes).toEqual([])
    expect(await logoutsOf(alice)).toEqual([])
    expect(await codesOf(app, alice.accessToken)).toEqual([])
    expect((await browser.refresh(kept?.csrfToken)).codes).toEqual([])
  })

  it('replaces a session before MAX_SESSIONS counts, so that no other one ends for it', async () => {
    const other = await createSecondInstance({ ...app, env: { ...app.env, MAX_SESSIONS: '2' } }, { clock: clock.now })
    const alice = await signUp(other)
    const browser = new Browser(other)
    await browser.login(alice.username)
    await browser.login(alice.username)
    expect(await codesOf(other, alice.accessToken)).toEqual([])
    expect(await activities(chief.client, { userId: alice.id, actions: ['SESSION_REVOKED'] })).toEqual([])
    await other.close()
  })

  it('runs nothing that a page of another origin may send without a preflight (ASVS 3.5.2)', async () => {
    const { browser, csrfToken } = await signedIn()
    const before = new Map(browser.cookies)
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
      const { status, data } = await browser.refresh(csrfToken, { 'content-type': type })
      expect([status, data]).toEqual([400, null])
    }
    expect(browser.cookies).toEqual(before)
  })
})
