import { decodeJwt } from 'jose'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { createTestClock } from '../support/clock.ts'
import { type Person, signIn, signUp, signUpAdmin } from '../support/story.ts'
import { activities, codesOf, refresh, refreshed } from '../support/tokens.ts'

const INVALID = ['REFRESH_TOKEN_INVALID']
const NOBODY = ['UNAUTHENTICATED']

describeEachBackend('the end that a session comes to by itself', (backend) => {
  let app: TestApp
  let chief: Person

  const clock = createTestClock()

  beforeAll(async () => {
    const env = { REFRESH_TOKEN_TTL: '1000', SESSION_TTL: '2500', ACCESS_TOKEN_TTL: '300', MAX_SESSIONS: '5' }
    app = await createTestApp({ backend, clock: clock.now, env })
    chief = await signUpAdmin(app)
  })
  afterAll(() => app.close())

  it('comes when nobody refreshed for REFRESH_TOKEN_TTL (ASVS 7.3.1)', async () => {
    const alice = await signUp(app)
    clock.advance(999)
    const next = await refreshed(app, alice.refreshToken)
    clock.advance(999)
    const last = await refreshed(app, next.refreshToken)
    clock.advance(1000)
    expect((await refresh(app, last.refreshToken)).codes).toEqual(INVALID)
    const again = await signIn(app, alice.username)
    expect(await again.client.get('{ me { sessions { id } } }')).toEqual({
      me: { sessions: [{ id: again.sessionId }] },
    })
  })

  it('comes after SESSION_TTL whatever happens, and no access token lives longer (ASVS 7.3.2)', async () => {
    const alice = await signUp(app)
    const endsAt = clock.now().getTime() + 2_500_000
    let { refreshToken } = alice
    let accessToken = ''
    for (const seconds of [900, 900, 600]) {
      clock.advance(seconds)
      const next = await refreshed(app, refreshToken)
      expect(next.session.expiresAt).toBe(new Date(endsAt).toISOString())
      refreshToken = next.refreshToken
      accessToken = next.accessToken
    }
    const { exp = 0 } = decodeJwt(accessToken)
    expect(exp).toBe(Math.floor(endsAt / 1000))
    clock.advance(99)
    expect(await codesOf(app, accessToken)).toEqual([])
    clock.advance(1)
    expect(await codesOf(app, accessToken)).toEqual(NOBODY)
    expect((await refresh(app, refreshToken)).codes).toEqual(INVALID)
  })

  it('ends an access token after ACCESS_TOKEN_TTL while its session goes on', async () => {
    const alice = await signUp(app)
    clock.advance(299)
    expect(await codesOf(app, alice.accessToken)).toEqual([])
    clock.advance(1)
    expect(await codesOf(app, alice.accessToken)).toEqual(NOBODY)
    await refreshed(app, alice.refreshToken)
  })

  it('comes to the one refreshed longest ago when there are more than MAX_SESSIONS, and is recorded', async () => {
    const first = await signUp(app)
    const second = await signIn(app, first.username)
    clock.advance(1)
    const kept = await refreshed(app, first.refreshToken)
    const others: Person[] = []
    for (let count = 0; count < 4; count++) others.push(await signIn(app, first.username))
    expect((await refresh(app, second.refreshToken)).codes).toEqual(INVALID)
    expect(await codesOf(app, second.accessToken)).toEqual(NOBODY)
    expect(await codesOf(app, kept.accessToken)).toEqual([])
    const { me } = await first.client.get<{ me: { sessions: object[] } }, object>('{ me { sessions { id } } }')
    expect(me.sessions).toHaveLength(5)
    const eyes = (await signIn(app, chief.username)).client
    expect(await activities(eyes, { userId: first.id, actions: ['SESSION_REVOKED'] })).toEqual([
      {
        action: 'SESSION_REVOKED',
        userId: first.id,
        actorId: first.id,
        details: `${second.sessionId} MAX_SESSIONS`,
      },
    ])
  })

  it('leaves MAX_SESSIONS open after 20 logins at once', async () => {
    const alice = await signUp(app)
    const all = await Promise.all(Array.from({ length: 20 }, () => signIn(app, alice.username)))
    const codes = await Promise.all([alice, ...all].map(({ accessToken }) => codesOf(app, accessToken)))
    expect(codes.filter(({ length }) => length === 0)).toHaveLength(5)
    const eyes = (await signIn(app, chief.username)).client
    const revoked = await activities(eyes, { userId: alice.id, actions: ['SESSION_REVOKED'] })
    expect(new Set(revoked.map(({ details }) => details)).size).toBe(16)
    expect(revoked).toHaveLength(16)
  })
})
