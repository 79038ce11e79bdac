import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { App } from '../../src/app.ts'
import { createSecondInstance, createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { createTestClock } from '../support/clock.ts'
import { openDatabaseOf } from '../support/database.ts'
import { type Person, signIn, signUp, signUpAdmin } from '../support/story.ts'
import { activities, codesOf, refresh, refreshed } from '../support/tokens.ts'

const INVALID = ['REFRESH_TOKEN_INVALID']
const REUSED = ['REFRESH_TOKEN_REUSED']

describeEachBackend('refreshing', (backend) => {
  let app: TestApp
  let other: App
  let chief: Person
  let clock: ReturnType<typeof createTestClock>

  beforeAll(async () => {
    clock = createTestClock()
    app = await createTestApp({ backend, clock: clock.now })
    other = await createSecondInstance(app, { clock: clock.now })
    chief = await signUpAdmin(app)
  })
  afterAll(async () => {
    await other.close()
    await app.close()
  })

  /** What an administrator reads, after any time has passed. */
  const reused = async (userId: string) =>
    activities((await signIn(app, chief.username)).client, { userId, actions: ['REFRESH_TOKEN_REUSED'] })

  it('trades a refresh token for the next pair of the same session (RFC 9700 4.14)', async () => {
    const alice = await signUp(app)
    clock.advance(5)
    const next = await refreshed(other, alice.refreshToken)
    expect(next.session).toMatchObject({
      id: alice.sessionId,
      isCurrent: true,
      lastActiveAt: clock.now().toISOString(),
    })
    expect(next).toMatchObject({ csrfToken: null, user: { id: alice.id } })
    expect(next.refreshToken).not.toBe(alice.refreshToken)
    expect(next.refreshToken.length).toBeLessThanOrEqual(256)
    expect(await codesOf(app, next.accessToken)).toEqual([])
    expect(await codesOf(other, alice.accessToken)).toEqual([])
    expect((await refreshed(app, next.refreshToken)).refreshToken).not.toBe(next.refreshToken)
  })

  it('gives the token just used the same successor within the grace, and never a fork', async () => {
    const alice = await signUp(app)
    const next = await refreshed(app, alice.refreshToken)
    clock.advance(9.999)
    expect((await refreshed(other, alice.refreshToken)).refreshToken).toBe(next.refreshToken)
    expect((await refreshed(app, alice.refreshToken)).refreshToken).toBe(next.refreshToken)
    const third = await refreshed(app, next.refreshToken)
    expect((await refreshed(other, next.refreshToken)).refreshToken).toBe(third.refreshToken)
    expect(await reused(alice.id)).toEqual([])
  })

  it('ends the session when a used token comes after the grace, records it, and stays so (ASVS 10.4.5)', async () => {
    const alice = await signUp(app)
    const bystander = await signIn(app, alice.username)
    const next = await refreshed(app, alice.refreshToken)
    clock.advance(10)
    expect((await refresh(other, alice.refreshToken)).codes).toEqual(REUSED)
    for (const instance of [app, other]) {
      expect((await refresh(instance, next.refreshToken)).codes).toEqual(INVALID)
      expect((await refresh(instance, alice.refreshToken)).codes).toEqual(INVALID)
      expect(await codesOf(instance, next.accessToken)).toEqual(['UNAUTHENTICATED'])
      expect(await codesOf(instance, bystander.accessToken)).toEqual([])
    }
    expect(await reused(alice.id)).toEqual([
      { action: 'REFRESH_TOKEN_REUSED', userId: alice.id, actorId: null, details: null },
    ])
  })

  it('gives older tokens the newest one too, each within the grace of its own first use', async () => {
    const alice = await signUp(app)
    const next = await refreshed(app, alice.refreshToken)
    clock.advance(4)
    const third = await refreshed(other, next.refreshToken)
    clock.advance(4)
    const fourth = await refreshed(app, third.refreshToken)
    for (const { refreshToken } of [alice, next, third])
      expect((await refreshed(other, refreshToken)).refreshToken).toBe(fourth.refreshToken)
    clock.advance(2)
    for (const { refreshToken } of [next, third])
      expect((await refreshed(app, refreshToken)).refreshToken).toBe(fourth.refreshToken)
    expect(await reused(alice.id)).toEqual([])
    expect((await refresh(app, alice.refreshToken)).codes).toEqual(REUSED)
    expect((await refresh(app, fourth.refreshToken)).codes).toEqual(INVALID)
    expect(await reused(alice.id)).toHaveLength(1)
  })

  it('gives a token 8 generations back the newest one, and ends the session for one further back', async () => {
    const tokens = [(await signUp(app)).refreshToken]
    for (let use = 0; use < 9; use += 1) tokens.push((await refreshed(app, tokens.at(-1) ?? '')).refreshToken)
    const answers = await Promise.all(tokens.slice(1, -1).map((token, use) => refreshed(use % 2 ? app : other, token)))
    expect(new Set(answers.map(({ refreshToken }) => refreshToken))).toEqual(new Set([tokens.at(-1)]))
    expect((await refresh(app, tokens[0])).codes).toEqual(REUSED)
  })

  it('knows the newest use where an instance of version 0.1.0 has made the generation', async () => {
    const alice = await signUp(app)
    const next = await refreshed(app, alice.refreshToken)
    const orm = await openDatabaseOf(app.env)
    const rotate = 'update sessions set generation = generation + 1, rotated_at = ? where id = ?'
    await orm.em.execute(rotate, [clock.now(), alice.sessionId])
    clock.advance(9)
    const third = await refreshed(app, next.refreshToken)
    expect((await refreshed(app, alice.refreshToken)).refreshToken).toBe(third.refreshToken)
    await orm.em.execute(rotate, [clock.now(), alice.sessionId])
    await orm.em.execute(rotate, [clock.now(), alice.sessionId])
    await orm.close()
    expect((await refresh(app, third.refreshToken)).codes).toEqual(REUSED)
  })

  it('tells and records a reuse once, of however many at once', async () => {
    const alice = await signUp(app)
    const next = await refreshed(app, (await refreshed(app, alice.refreshToken)).refreshToken)
    clock.advance(10)
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => refresh(index % 2 ? app : other, alice.refreshToken)),
    )
    expect(answers.every(({ data }) => data?.refresh === null)).toBe(true)
    const told = answers.flatMap(({ codes }) => codes).toSorted()
    expect(told).toEqual([...Array(19).fill(INVALID[0]), ...REUSED])
    expect(await reused(alice.id)).toHaveLength(1)
    expect((await refresh(app, next.refreshToken)).codes).toEqual(INVALID)
  })

  it('gives 50 refreshes of one token at once, on two instances, one successor', async () => {
    const alice = await signUp(app)
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => refreshed(index % 2 ? app : other, alice.refreshToken)),
    )
    const successors = new Set(answers.map(({ refreshToken }) => refreshToken))
    expect(successors.size).toBe(1)
    expect(successors.has(alice.refreshToken)).toBe(false)
    expect((await Promise.all(answers.map(({ accessToken }) => codesOf(app, accessToken)))).flat()).toEqual([])
    expect(await reused(alice.id)).toEqual([])
    await refreshed(other, [...successors][0] ?? '')
  })

  it('reads afresh and decides again when somebody else was first', async () => {
    const alice = await signUp(app)
    const orm = await openDatabaseOf(app.env)
    const late = await orm.em.transactional(async (em) => {
      await em.execute('update sessions set generation = 3 where id = ?', [alice.sessionId])
      const answer = refresh(app, alice.refreshToken)
      // Wait until the request has read the old session and waits to write.
      await pause(300)
      return { answer }
    })
    expect((await late.answer).codes).toEqual(REUSED)
    expect(await orm.em.execute('select id from sessions where id = ?', [alice.sessionId])).toEqual([])
    await orm.close()
  })

  it('is not moved by a forged, mangled or foreign token', async () => {
    const [alice, bob] = [await signUp(app), await signUp(app)]
    const [own, foreign] = [alice.refreshToken, bob.refreshToken]
    const forged = [
      '',
      'nonsense',
      `${own} `,
      own.slice(0, -1),
      `${own.slice(0, 40)}${foreign.slice(40)}`,
      `${own.slice(0, -1)}${own.endsWith('A') ? 'B' : 'A'}`,
      own.toUpperCase(),
      alice.accessToken,
      'x'.repeat(60_000),
    ]
    for (const token of forged) expect((await refresh(app, token)).codes).toEqual(INVALID)
    expect((await refresh(app, null)).codes).toEqual(INVALID)
    expect((await refresh(app, undefined)).codes).toEqual(INVALID)
    expect(await codesOf(app, own)).toEqual(['UNAUTHENTICATED'])
    await refreshed(app, own)
    await refreshed(app, foreign)
    expect(await reused(alice.id)).toEqual([])
  })
})
