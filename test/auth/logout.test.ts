import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { Browser } from '../support/browser.ts'
import { TestClient } from '../support/client.ts'
import { createTestClock } from '../support/clock.ts'
import { PASSWORD, type Person, signIn, signUp, signUpAdmin } from '../support/story.ts'
import { activities, codesOf, refresh } from '../support/tokens.ts'

const REFRESH_COOKIE = '__Host-gatehouse-refresh'
const LOGOUT = 'mutation { logout { sessionId } }'
const INVALID = ['REFRESH_TOKEN_INVALID']

describeEachBackend('signing out', (backend) => {
  let app: TestApp
  let chief: Person
  const clock = createTestClock()

  beforeAll(async () => {
    app = await createTestApp({ backend, clock: clock.now })
    chief = await signUpAdmin(app)
  })
  afterAll(() => app.close())

  async function signedIn(identifier: string) {
    const browser = new Browser(app)
    const { data, errors } = await browser.login(identifier)
    if (!data?.login?.csrfToken) throw new Error(`Not signed in: ${JSON.stringify(errors)}`)
    const { accessToken, csrfToken, session } = data.login
    return { browser, token: accessToken, headers: { 'x-csrf-token': csrfToken }, sessionId: session.id }
  }

  const logoutsOf = async (userId: string) =>
    activities((await signIn(app, chief.username)).client, { userId, actions: ['USER_LOGOUT'] })

  it('ends the session of the Bearer token, and is recorded', async () => {
    const alice = await signUp(app)
    expect(await alice.client.get(LOGOUT)).toEqual({ logout: { sessionId: alice.sessionId } })
    expect((await alice.client.run(LOGOUT)).codes).toEqual(['UNAUTHENTICATED'])
    expect((await refresh(app, alice.refreshToken)).codes).toEqual(INVALID)
    expect(await logoutsOf(alice.id)).toEqual([
      { action: 'USER_LOGOUT', userId: alice.id, actorId: alice.id, details: null },
    ])
  })

  it('needs something that signs in', async () => {
    for (const client of [new TestClient(app.url), new TestClient(app.url, { token: 'nonsense' })])
      expect((await client.run(LOGOUT)).codes).toEqual(['UNAUTHENTICATED'])
  })

  it('ends the session of the cookie, checked as refresh is, and clears both cookies (ASVS 14.3.1)', async () => {
    const alice = await signUp(app)
    const { browser, headers, token, sessionId } = await signedIn(alice.username)
    expect((await browser.run(LOGOUT, {}, { headers })).data).toEqual({ logout: { sessionId } })
    expect(browser.cookies.size).toBe(0)
    expect(browser.received).toHaveLength(2)
    expect(browser.received.every((line) => line.includes('Secure') && line.includes('Path=/'))).toBe(true)
    expect(await codesOf(app, token)).toEqual(['UNAUTHENTICATED'])
    expect(await logoutsOf(alice.id)).toHaveLength(1)
    expect(await codesOf(app, alice.accessToken)).toEqual([])
  })

  it('takes the Bearer token of a cookie session without any CSRF check, and clears its cookies', async () => {
    const { username } = await signUp(app)
    const { browser, token, sessionId } = await signedIn(username)
    const answer = await browser.run(LOGOUT, {}, { token, headers: { origin: 'https://evil.example' } })
    expect(answer.data).toEqual({ logout: { sessionId } })
    expect(browser.cookies.size).toBe(0)
  })

  it('takes the cookie beside a Bearer token that is no longer good', async () => {
    const { username } = await signUp(app)
    const { browser, token, headers, sessionId } = await signedIn(username)
    clock.advance(901)
    expect(await codesOf(app, token)).toEqual(['UNAUTHENTICATED'])
    expect((await browser.run(LOGOUT, {}, { token })).codes).toEqual(['CSRF_FAILED'])
    expect((await browser.run(LOGOUT, {}, { token, headers })).data).toEqual({ logout: { sessionId } })
    expect(browser.cookies.size).toBe(0)
  })

  it('by Bearer token leaves the cookies of another session alone', async () => {
    const alice = await signUp(app)
    const { browser, headers } = await signedIn(alice.username)
    expect((await browser.run(LOGOUT, {}, { token: alice.accessToken })).data).toEqual({
      logout: { sessionId: alice.sessionId },
    })
    expect(browser.received).toEqual([])
    expect((await browser.refresh(headers['x-csrf-token'])).codes).toEqual([])
  })

  it('with a used cookie ends the session as a reuse, and clears the cookies', async () => {
    const { username, id } = await signUp(app)
    const { browser, headers } = await signedIn(username)
    const stolen = browser.copy(app)
    await browser.refresh(headers['x-csrf-token'])
    clock.advance(11)
    expect((await stolen.run(LOGOUT, {}, { headers })).codes).toEqual(['REFRESH_TOKEN_REUSED'])
    expect(stolen.cookies.size).toBe(0)
    const after = await browser.run(LOGOUT, {}, { headers })
    expect(after.codes).toEqual(INVALID)
    expect(browser.cookies.size).toBe(0)
    expect(await logoutsOf(id)).toEqual([])
  })

  it.each([
    ['forged', 'ghr_forged'],
    ['ended', null],
  ])('clears both cookies of a refresh that fails for a token that is %s', async (_, forged) => {
    const { username } = await signUp(app)
    const { browser, headers, token } = await signedIn(username)
    if (forged) browser.cookies.set(REFRESH_COOKIE, forged)
    else await new TestClient(app.url, { token }).get(LOGOUT)
    expect((await browser.refresh(headers['x-csrf-token'])).codes).toEqual(INVALID)
    expect(browser.cookies.size).toBe(0)
  })

  it('clears both cookies of a refresh that is a reuse', async () => {
    const { username } = await signUp(app)
    const { browser, headers } = await signedIn(username)
    const stolen = browser.copy(app)
    await browser.refresh(headers['x-csrf-token'])
    clock.advance(11)
    expect((await stolen.refresh(headers['x-csrf-token'])).codes).toEqual(['REFRESH_TOKEN_REUSED'])
    expect(stolen.cookies.size).toBe(0)
  })

  const ends: [string, string, boolean?][] = [
    ['revokeSession', 'mutation ($s: ID!) { revokeSession(input: { sessionId: $s }) { sessionId } }'],
    ['deleteProfile', 'mutation ($p: String!) { deleteProfile(input: { currentPassword: $p }) { userId } }'],
    ['deleteUser', 'mutation ($u: ID!) { deleteUser(input: { userId: $u }) { userId } }', true],
    ['updateUser', 'mutation ($u: ID!) { updateUser(input: { userId: $u, isActive: false }) { user { id } } }', true],
    [
      'revokeUserSessions',
      'mutation ($u: ID!) { revokeUserSessions(input: { userId: $u }) { revokedSessions } }',
      true,
    ],
  ]

  it.each(ends)(
    'clears the cookies as well when %s ends the own session (ASVS 14.3.1)',
    async (_, document, asAdmin) => {
      const person = await (asAdmin ? signUpAdmin(app) : signUp(app))
      const { browser, token, sessionId } = await signedIn(person.username)
      const bystander = await signedIn((await signUp(app)).username)
      const variables = { s: sessionId, p: PASSWORD, u: person.id }
      const used = Object.fromEntries(Object.entries(variables).filter(([name]) => document.includes(`$${name}:`)))
      expect((await browser.run(document, used, { token })).codes).toEqual([])
      expect(browser.received).toHaveLength(2)
      expect(browser.cookies.size).toBe(0)
      expect(await codesOf(app, token)).toEqual(['UNAUTHENTICATED'])
      expect((await bystander.browser.refresh(bystander.headers['x-csrf-token'])).codes).toEqual([])
    },
  )

  it('keeps the cookies when only other sessions end', async () => {
    const person = await signUpAdmin(app)
    const { browser, token } = await signedIn(person.username)
    const other = await signUp(app)
    const documents = [
      `mutation { revokeSession(input: { sessionId: "${person.sessionId}" }) { sessionId } }`,
      'mutation { revokeOtherSessions { revokedSessions } }',
      `mutation { changePassword(input: { currentPassword: "${PASSWORD}", newPassword: "another long password 2" }) { revokedSessions } }`,
      `mutation { revokeUserSessions(input: { userId: "${other.id}" }) { revokedSessions } }`,
      `mutation { deleteUser(input: { userId: "${other.id}" }) { userId } }`,
    ]
    for (const document of documents) {
      expect((await browser.run(document, {}, { token })).codes).toEqual([])
      expect(browser.received).toEqual([])
    }
    expect(browser.cookies.size).toBe(2)
  })
})
