import { decodeJwt } from 'jose'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { TestClient } from '../support/client.ts'
import { createTestClock, type TestClock } from '../support/clock.ts'
import {
  type Factor,
  loginWith,
  REMOVE,
  REPLACE_CODES,
  RESET,
  reauthenticate,
  START,
  turnOn,
  wrongCode,
} from '../support/second-factor.ts'
import { openSql } from '../support/sql.ts'
import { PASSWORD, type Person, signIn, signUp, signUpAdmin } from '../support/story.ts'
import { activities, faultsOf, refreshed } from '../support/tokens.ts'

const UPDATE = 'mutation ($input: UpdateUserInput!) { updateUser(input: $input) { user { id } } }'
const CHANGE_EMAIL = 'mutation ($input: ChangeEmailInput!) { changeEmail(input: $input) { user { id } } }'
const CHANGE_PASSWORD = 'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { user { id } } }'
const DELETE_PROFILE = 'mutation ($input: DeleteProfileInput!) { deleteProfile(input: $input) { userId } }'
const SESSION = '{ session { authenticatedAt lastActiveAt createdAt } }'
const STALE = 'REAUTHENTICATION_REQUIRED'

interface SessionNow {
  session: { authenticatedAt: string; lastActiveAt: string; createdAt: string }
}

describeEachBackend('a fresh session', (backend) => {
  let app: TestApp
  let clock: TestClock
  let chief: Person
  let alice: Person

  beforeAll(async () => {
    clock = createTestClock(new Date('2026-06-01T12:00:05.000Z'))
    // Access tokens outlive the freshness, so that nothing else ends.
    app = await createTestApp({
      backend,
      clock: clock.now,
      env: { ACCESS_TOKEN_TTL: '7200', REAUTHENTICATION_TTL: '300' },
    })
    chief = await signUpAdmin(app)
  })
  beforeEach(async () => {
    clock.advance(60)
    chief = await signIn(app, chief.username)
    alice = await signUp(app, 'alice')
  })
  afterAll(() => app.close())

  const codesOf = async (document: string, variables: object = {}, { client }: Pick<Person, 'client'> = alice) =>
    (await client.run(document, variables)).codes
  const sessionOf = async ({ client }: Pick<Person, 'client'> = alice) =>
    (await client.get<SessionNow, undefined>(SESSION)).session
  const entriesOf = async ({ id }: Person) =>
    (await activities((await signIn(app, chief.username)).client, { userId: id })).map(({ action, actorId }) =>
      actorId === null ? `${action} by nobody` : action,
    )
  /** An account with a second factor, whose sessions are not fresh any more. */
  const withFactor = async (): Promise<Factor> => {
    const factor = await turnOn(alice, clock)
    clock.advance(300)
    return factor
  }

  it('is one whose sign-in is less than REAUTHENTICATION_TTL ago; refreshing does not renew it (ASVS 7.5.1)', async () => {
    const signedInAt = clock.now().toISOString()
    expect(await sessionOf()).toEqual({ authenticatedAt: signedInAt, lastActiveAt: signedInAt, createdAt: signedInAt })
    clock.advance(299)
    expect(await codesOf(START)).toEqual([])
    const next = await refreshed(app, alice.refreshToken)
    clock.advance(1)
    const client = new TestClient(app.url, { token: next.accessToken })
    expect((await client.run(START)).errors.map(({ extensions }) => extensions)).toEqual([{ code: STALE }])
    expect(await sessionOf({ client })).toMatchObject({ authenticatedAt: signedInAt })
    expect(decodeJwt(next.accessToken)).toMatchObject({ auth_time: Math.floor(Date.parse(signedInAt) / 1000) })
  })

  it('is asked for after UNAUTHENTICATED and FORBIDDEN, and before all else (ASVS 7.5.1)', async () => {
    const anonymous = { client: new TestClient(app.url) }
    clock.advance(300)
    const nobody = { id: 'nobody' }
    for (const [document, variables] of [[START], [REMOVE], [REPLACE_CODES], [RESET, nobody]] as const) {
      expect(await codesOf(document, variables, anonymous)).toEqual(['UNAUTHENTICATED'])
      expect(await codesOf(document, variables, chief)).toEqual([STALE])
    }
    expect(await codesOf(RESET, nobody)).toEqual(['FORBIDDEN'])
    expect(await codesOf(RESET, { id: chief.id }, chief)).toEqual(['FORBIDDEN'])
    expect(await codesOf(RESET, { id: alice.id }, chief)).toEqual([STALE])
  })

  it('is what updateUser needs where it names a role, and not else', async () => {
    clock.advance(300)
    const update = (input: object, by = chief) => codesOf(UPDATE, { input: { userId: alice.id, ...input } }, by)
    expect(await update({ displayName: 'Alice' })).toEqual([])
    for (const input of [{ role: 'user' }, { role: 'no such role' }, { role: 'admin', email: 'not an address' }])
      expect(await update(input)).toEqual([STALE])
    expect(await update({ userId: 'nobody', role: 'user' })).toEqual([STALE])
    expect(await update({ role: 'user' }, alice)).toEqual(['FORBIDDEN'])
    expect(await update({ role: null })).toEqual(['BAD_USER_INPUT'])
    await reauthenticate(chief)
    expect(await update({ role: 'admin' })).toEqual([])
  })

  it('is not asked for of an account without a second factor that changes what needs its password', async () => {
    clock.advance(300)
    const currentPassword = PASSWORD
    expect(await codesOf(CHANGE_EMAIL, { input: { currentPassword, email: `new.${alice.email}` } })).toEqual([])
    expect(await codesOf(DELETE_PROFILE, { input: { currentPassword } })).toEqual([])
  })

  it('is asked for of an account with one, before the input is looked at (ASVS 7.5.1)', async () => {
    const factor = await withFactor()
    const tries: [document: string, bad: object, good: object][] = [
      [CHANGE_EMAIL, { currentPassword: 'x', email: 'x' }, { currentPassword: PASSWORD, email: `new.${alice.email}` }],
      [
        CHANGE_PASSWORD,
        { currentPassword: 'x', newPassword: 'x' },
        { currentPassword: PASSWORD, newPassword: 'another long password 2' },
      ],
      [DELETE_PROFILE, {}, { userId: alice.id, currentPassword: PASSWORD }],
    ]
    for (const [document, bad, good] of tries) {
      expect(await codesOf(document, { input: bad })).toEqual([STALE])
      expect(await codesOf(document, { input: good })).toEqual([STALE])
    }
    expect(await codesOf(DELETE_PROFILE, { input: { userId: chief.id } })).toEqual(['FORBIDDEN'])
    expect((await reauthenticate(alice, { code: factor.code() })).codes).toEqual([])
    for (const [document, , input] of tries.slice(0, 2)) expect(await codesOf(document, { input })).toEqual([])
    expect(await codesOf(DELETE_PROFILE, { input: { currentPassword: 'another long password 2' } })).toEqual([])
  })

  it('is not asked for of an administrator who deletes the profile of another', async () => {
    await turnOn(chief, clock)
    clock.advance(300)
    expect(await codesOf(DELETE_PROFILE, { input: { userId: alice.id } }, chief)).toEqual([])
    chief = await signUpAdmin(app)
  })

  it('comes about by reauthenticate, with an entry, and lastActiveAt stays', async () => {
    clock.advance(300)
    const before = await sessionOf()
    const now = clock.now().toISOString()
    const { data } = await reauthenticate(alice)
    expect(data?.reauthenticate?.session).toEqual({
      id: alice.sessionId,
      isCurrent: true,
      authenticatedAt: now,
      lastActiveAt: before.lastActiveAt,
    })
    expect(await sessionOf()).toEqual({ ...before, authenticatedAt: now })
    expect(await codesOf(START)).toEqual([])
    expect(await entriesOf(alice)).toEqual(['USER_REGISTERED', 'USER_LOGIN', 'REAUTHENTICATED'])
    const next = await refreshed(app, alice.refreshToken)
    expect(decodeJwt(next.accessToken)).toMatchObject({ auth_time: Math.floor(Date.parse(now) / 1000), amr: ['pwd'] })
  })

  it('does not come about by a wrong password, which leaves no entry', async () => {
    clock.advance(300)
    for (const given of [undefined, { code: '000000' }]) {
      const { errors } = await reauthenticate(alice, given, 'wrong')
      expect(errors[0]?.extensions).toMatchObject({ code: 'INVALID_CREDENTIALS' })
    }
    expect(await codesOf(START)).toEqual([STALE])
    expect(await entriesOf(alice)).toEqual(['USER_REGISTERED', 'USER_LOGIN'])
    expect((await reauthenticate({ client: new TestClient(app.url) })).codes).toEqual(['UNAUTHENTICATED'])
  })

  it('takes the second factor too where there is one, each code once, as a sign-in does (ASVS 6.5.1, 7.5.1)', async () => {
    const factor = await withFactor()
    const [recoveryCode] = factor.recoveryCodes
    const required = await reauthenticate(alice)
    expect(required.errors[0]?.extensions).toEqual({
      code: 'SECOND_FACTOR_REQUIRED',
      methods: ['TOTP', 'RECOVERY_CODE'],
    })
    const wrong = { code: wrongCode(factor.secret, clock.now()) }
    expect((await reauthenticate(alice, wrong)).codes).toEqual(['SECOND_FACTOR_INVALID'])
    const both = await reauthenticate(alice, { code: '000000', recoveryCode })
    expect([both.codes, faultsOf(both)]).toEqual([['BAD_USER_INPUT'], [['input.secondFactor', 'INVALID']]])
    expect(await codesOf(REMOVE)).toEqual([STALE])
    expect((await reauthenticate(alice, { code: factor.code() })).codes).toEqual([])
    expect((await reauthenticate(alice, { code: factor.code() })).codes).toEqual(['SECOND_FACTOR_INVALID'])
    expect((await reauthenticate(alice, { recoveryCode })).codes).toEqual([])
    expect((await reauthenticate(alice, { recoveryCode })).codes).toEqual(['SECOND_FACTOR_INVALID'])
    expect((await loginWith(app, alice.username, { code: factor.code() })).codes).toEqual(['SECOND_FACTOR_INVALID'])
    expect((await entriesOf(alice)).slice(3)).toEqual([
      'SECOND_FACTOR_FAILED',
      'REAUTHENTICATED',
      'SECOND_FACTOR_FAILED',
      'RECOVERY_CODE_USED',
      'REAUTHENTICATED',
      'SECOND_FACTOR_FAILED',
      'SECOND_FACTOR_FAILED by nobody',
    ])
    expect(await codesOf(REMOVE)).toEqual([])
  })

  it('comes about by changePassword of an account without a second factor', async () => {
    clock.advance(300)
    const change = { currentPassword: PASSWORD, newPassword: 'another long password 2' }
    expect(await codesOf(CHANGE_PASSWORD, { input: change })).toEqual([])
    expect(await sessionOf()).toMatchObject({ authenticatedAt: clock.now().toISOString() })
    expect(await codesOf(START)).toEqual([])
  })

  it('does not come about by changePassword of one with it: the password alone renews nothing (ASVS 7.5.1)', async () => {
    const factor = await turnOn(alice, clock)
    const before = await sessionOf()
    clock.advance(200)
    const change = { currentPassword: PASSWORD, newPassword: 'another long password 2' }
    expect(await codesOf(CHANGE_PASSWORD, { input: change })).toEqual([])
    expect(await sessionOf()).toEqual(before)
    clock.advance(100)
    expect(await codesOf(REMOVE)).toEqual([STALE])
    expect((await reauthenticate(alice, { code: factor.code() }, change.newPassword)).codes).toEqual([])
  })

  it('is none that began by the password alone before the second factor was on, until it gives one (ASVS 7.5.1)', async () => {
    const sibling = await signIn(app, alice.username)
    const factor = await turnOn(alice, clock)
    for (const document of [REMOVE, REPLACE_CODES]) expect(await codesOf(document, {}, sibling)).toEqual([STALE])
    expect(await codesOf('{ me { id } }', {}, sibling)).toEqual([])
    expect((await reauthenticate(sibling, { code: factor.code(1) })).codes).toEqual([])
    expect(await codesOf(REMOVE, {}, sibling)).toEqual([])
  })

  it('may come about within a document that then uses it', async () => {
    clock.advance(300)
    const document = `mutation { reauthenticate(input: { password: "${PASSWORD}" }) { session { id } } startTotp { secret } }`
    expect(await codesOf(document)).toEqual([])
  })

  it('of a version before counts from its sign-in', async () => {
    const signedInAt = clock.now().toISOString()
    const sql = await openSql(app)
    await sql.run('update sessions set authenticated_at = null where id = ?', [alice.sessionId])
    await sql.close()
    expect(await sessionOf()).toMatchObject({ authenticatedAt: signedInAt })
    expect(await codesOf(START)).toEqual([])
    clock.advance(300)
    expect(await codesOf(START)).toEqual([STALE])
  })
})
