import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { createTestClock, type TestClock } from '../support/clock.ts'
import {
  CONFIRM,
  codeAt,
  loginWith,
  REMOVE,
  REPLACE_CODES,
  RESET,
  START,
  startTotp,
  turnOn,
} from '../support/second-factor.ts'
import { PASSWORD, type Person, signIn, signUp, signUpAdmin } from '../support/story.ts'
import { activities, codesOf } from '../support/tokens.ts'

interface Me {
  me: { totpEnabledAt: string | null; recoveryCodesLeft: number | null; updatedAt: string }
}

describeEachBackend('setting up the second factor', (backend) => {
  let app: TestApp
  let clock: TestClock
  let chief: Person
  let alice: Person

  beforeAll(async () => {
    clock = createTestClock(new Date('2026-06-01T12:00:00.000Z'))
    app = await createTestApp({ backend, clock: clock.now, env: { JWT_ISSUER: 'https://id.example.com' } })
    chief = await signUpAdmin(app)
  })
  beforeEach(async () => {
    clock.advance(60)
    chief = await signIn(app, chief.username)
    alice = await signUp(app, 'Al.ice_')
  })
  afterAll(() => app.close())

  const me = async () =>
    (await alice.client.get<Me, undefined>('{ me { totpEnabledAt recoveryCodesLeft updatedAt } }')).me
  const confirm = (code: string, by = alice) => by.client.run(CONFIRM, { code })
  const entriesOf = async ({ id }: Person) =>
    (await activities(chief.client, { userId: id }))
      .filter(({ action }) => !/USER_(REGISTERED|LOGIN)$/.test(action))
      .map(({ action, actorId }) => [action, actorId])

  it('hands out a secret of 160 bits and its URI for ten minutes, and changes nothing yet (ASVS 6.5.3)', async () => {
    const { secret, uri, expiresAt } = await startTotp(alice)
    expect(secret).toMatch(/^[A-Z2-7]{32}$/)
    expect(expiresAt).toBe(new Date(clock.now().getTime() + 600_000).toISOString())
    const url = new URL(uri)
    expect(uri).toMatch(/^otpauth:\/\/totp\/[^:?]*:[^:?]*\?/)
    expect(decodeURIComponent(url.pathname.replace(/^\/+(totp\/)?/, ''))).toBe(
      `https//id.example.com:${alice.username}`,
    )
    expect(Object.fromEntries(url.searchParams)).toEqual({
      issuer: 'https://id.example.com',
      secret,
      algorithm: 'SHA1',
      digits: '6',
      period: '30',
    })
    expect(await me()).toMatchObject({ totpEnabledAt: null, recoveryCodesLeft: null })
    expect((await loginWith(app, alice.username, null)).codes).toEqual([])
    expect(await entriesOf(alice)).toEqual([])
    expect((await startTotp(alice)).secret).not.toBe(secret)
  })

  it('is done with a right code, which turns it on and gives ten recovery codes of 80 bits (ASVS 6.5.3, 6.5.4)', async () => {
    const sibling = await signIn(app, alice.username)
    const { secret } = await startTotp(alice)
    clock.advance(1)
    const { confirmTotp } = await alice.client.get<
      { confirmTotp: { recoveryCodes: string[]; user: Me['me'] } },
      object
    >(CONFIRM, { code: codeAt(secret, clock.now()) })
    const { recoveryCodes, user } = confirmTotp
    expect(recoveryCodes).toHaveLength(10)
    expect(new Set(recoveryCodes).size).toBe(10)
    for (const code of recoveryCodes) expect(code).toMatch(/^([a-z2-7]{4}-){3}[a-z2-7]{4}$/)
    const now = clock.now().toISOString()
    expect(user).toMatchObject({ totpEnabledAt: now, recoveryCodesLeft: 10, updatedAt: now })
    expect(await me()).toEqual({ totpEnabledAt: now, recoveryCodesLeft: 10, updatedAt: now })
    expect(await codesOf(app, sibling.accessToken)).toEqual([])
    expect(await entriesOf(alice)).toEqual([['SECOND_FACTOR_ADDED', alice.id]])
  })

  it.each([-1, 0, 1])('takes a code %i steps from now', async (steps) => {
    const { secret } = await startTotp(alice)
    expect((await confirm(codeAt(secret, clock.now(), steps))).codes).toEqual([])
  })

  it('refuses other codes without an entry, as often as they come, and goes on', async () => {
    const { secret } = await startTotp(alice)
    const wrong = [codeAt(secret, clock.now(), -2), codeAt(secret, clock.now(), 2), '', 'abcdef', '１２３４５６']
    for (const code of [...wrong, ...wrong]) expect((await confirm(code)).codes).toEqual(['SECOND_FACTOR_INVALID'])
    expect(await entriesOf(alice)).toEqual([])
    const spaced = codeAt(secret, clock.now()).replace(/^.../, ' $& ')
    expect((await confirm(spaced)).codes).toEqual([])
  })

  it('is NOT_FOUND without a start, and ten minutes after it; a later start replaces the one before', async () => {
    expect((await confirm('000000')).codes).toEqual(['NOT_FOUND'])
    const first = await startTotp(alice)
    const second = await startTotp(alice)
    expect((await confirm(codeAt(first.secret, clock.now()))).codes).toEqual(['SECOND_FACTOR_INVALID'])
    clock.advance(600)
    expect((await confirm(codeAt(second.secret, clock.now()))).codes).toEqual(['NOT_FOUND'])
    alice = await signIn(app, alice.username)
    const third = await startTotp(alice)
    clock.advance(599)
    expect((await confirm(codeAt(third.secret, clock.now()))).codes).toEqual([])
  })

  it('is a CONFLICT where it is on, and the factor stays', async () => {
    const factor = await turnOn(alice, clock)
    expect((await alice.client.run(START)).errors[0]?.extensions).toEqual({ code: 'CONFLICT' })
    expect((await confirm(factor.code(1))).errors[0]?.extensions).toEqual({ code: 'CONFLICT' })
    expect((await loginWith(app, alice.username, { code: factor.code(1) })).codes).toEqual([])
  })

  it('of two at once one wins: one entry, and the codes of that one serve', async () => {
    const { secret } = await startTotp(alice)
    const answers = await Promise.all([0, 1].map((steps) => confirm(codeAt(secret, clock.now(), steps))))
    expect(answers.map(({ codes }) => codes.join()).toSorted()).toEqual(['', 'CONFLICT'])
    const won = answers.find(({ codes }) => codes.length === 0)?.data as { confirmTotp: { recoveryCodes: string[] } }
    expect(await entriesOf(alice)).toEqual([['SECOND_FACTOR_ADDED', alice.id]])
    const [recoveryCode] = won.confirmTotp.recoveryCodes
    expect((await loginWith(app, alice.username, { recoveryCode })).codes).toEqual([])
  })

  it('ends with removeTotp, with the recovery codes, and may begin anew with the same time step', async () => {
    const { recoveryCodes } = await turnOn(alice, clock)
    const { removeTotp } = await alice.client.get<{ removeTotp: { user: object } }, undefined>(REMOVE)
    expect(removeTotp.user).toEqual({ id: alice.id, totpEnabledAt: null, recoveryCodesLeft: null })
    expect(await me()).toMatchObject({ totpEnabledAt: null, recoveryCodesLeft: null })
    expect((await loginWith(app, alice.username, null)).codes).toEqual([])
    expect(await entriesOf(alice)).toEqual([
      ['SECOND_FACTOR_ADDED', alice.id],
      ['SECOND_FACTOR_REMOVED', alice.id],
    ])
    await turnOn(alice, clock)
    for (const recoveryCode of recoveryCodes.slice(0, 2)) {
      expect((await loginWith(app, alice.username, { recoveryCode })).codes).toEqual(['SECOND_FACTOR_INVALID'])
    }
  })

  it('is NOT_FOUND to remove, or to have new codes of, where it is off', async () => {
    for (const document of [REMOVE, REPLACE_CODES]) {
      expect((await alice.client.run(document)).codes).toEqual(['NOT_FOUND'])
      await startTotp(alice)
      expect((await alice.client.run(document)).codes).toEqual(['NOT_FOUND'])
    }
    expect(await entriesOf(alice)).toEqual([])
  })

  it('replaces the recovery codes: ten new ones serve, the old ones no more', async () => {
    const { recoveryCodes: old } = await turnOn(alice, clock)
    expect((await loginWith(app, alice.username, { recoveryCode: old[0] })).codes).toEqual([])
    expect(await me()).toMatchObject({ recoveryCodesLeft: 9 })
    const { replaceRecoveryCodes: replaced } = await alice.client.get<
      { replaceRecoveryCodes: { recoveryCodes: string[]; user: object } },
      undefined
    >(REPLACE_CODES)
    expect(replaced.user).toEqual({ id: alice.id, recoveryCodesLeft: 10 })
    expect(new Set([...old, ...replaced.recoveryCodes]).size).toBe(20)
    const signInBy = (recoveryCode?: string) => loginWith(app, alice.username, { recoveryCode })
    expect((await signInBy(old[1])).codes).toEqual(['SECOND_FACTOR_INVALID'])
    expect((await signInBy(replaced.recoveryCodes[9])).codes).toEqual([])
    expect((await entriesOf(alice)).map(([action]) => action)).toEqual([
      'SECOND_FACTOR_ADDED',
      'RECOVERY_CODE_USED',
      'RECOVERY_CODES_REPLACED',
      'SECOND_FACTOR_FAILED',
      'RECOVERY_CODE_USED',
    ])
  })

  it('is reset by an administrator, which ends the sessions with one entry', async () => {
    const factor = await turnOn(alice, clock)
    clock.advance(30)
    await loginWith(app, alice.username, { code: factor.code() })
    const { resetSecondFactor } = await chief.client.get<{ resetSecondFactor: object }, object>(RESET, { id: alice.id })
    expect(resetSecondFactor).toEqual({ user: { id: alice.id, totpEnabledAt: null } })
    expect(await codesOf(app, alice.accessToken)).toEqual(['UNAUTHENTICATED'])
    expect(await entriesOf(alice)).toEqual([
      ['SECOND_FACTOR_ADDED', alice.id],
      ['SECOND_FACTOR_RESET', chief.id],
    ])
    expect((await loginWith(app, alice.username, null)).codes).toEqual([])
  })

  it('is FORBIDDEN to reset on oneself, and NOT_FOUND on an unknown user or where it is off', async () => {
    const reset = async (id: string) => (await chief.client.run(RESET, { id })).codes
    expect(await reset(chief.id)).toEqual(['FORBIDDEN'])
    expect(await reset('nobody')).toEqual(['NOT_FOUND'])
    expect(await reset(alice.id)).toEqual(['NOT_FOUND'])
    expect(await codesOf(app, alice.accessToken)).toEqual([])
    expect(await entriesOf(alice)).toEqual([])
  })

  it('is seen by its owner, and by others with user:read but for the number of codes', async () => {
    await turnOn(alice, clock)
    const fields = '{ totpEnabledAt recoveryCodesLeft }'
    const seen = { totpEnabledAt: clock.now().toISOString(), recoveryCodesLeft: 10 }
    expect(await alice.client.get(`{ me ${fields} }`)).toEqual({ me: seen })
    expect(await chief.client.get(`{ user(id: "${alice.id}") ${fields} }`)).toEqual({
      user: { ...seen, recoveryCodesLeft: null },
    })
    const asked = `mutation ($input: RegisterInput!) { register(input: $input) { user ${fields} } }`
    const input = { username: `${alice.username}2`, email: `2${alice.email}`, password: PASSWORD }
    expect(await alice.client.get(asked, { input })).toEqual({
      register: { user: { totpEnabledAt: null, recoveryCodesLeft: null } },
    })
  })

  it('goes with the account', async () => {
    const factor = await turnOn(alice, clock)
    await chief.client.get('mutation ($id: ID!) { deleteUser(input: { userId: $id }) { userId } }', { id: alice.id })
    expect((await loginWith(app, alice.username, { code: factor.code() })).codes).toEqual(['INVALID_CREDENTIALS'])
  })
})
