import { decodeJwt } from 'jose'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { App } from '../../src/app.ts'
import { User } from '../../src/users/user.entity.ts'
import { createSecondInstance, createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { createTestClock, type TestClock } from '../support/clock.ts'
import { openDatabaseOf } from '../support/database.ts'
import { type Factor, loginWith, reauthenticate, type SecondFactor, turnOn } from '../support/second-factor.ts'
import { type Person, signIn, signUp, signUpAdmin } from '../support/story.ts'
import { activities, faultsOf, refreshed } from '../support/tokens.ts'

const UPDATE = 'mutation ($input: UpdateUserInput!) { updateUser(input: $input) { user { id } } }'

describeEachBackend('signing in with a second factor', (backend) => {
  let app: TestApp
  let other: App
  let clock: TestClock
  let chief: Person
  let alice: Person
  let factor: Factor

  beforeAll(async () => {
    clock = createTestClock(new Date('2026-06-01T12:00:05.000Z'))
    app = await createTestApp({ backend, clock: clock.now })
    other = await createSecondInstance(app, { clock: clock.now })
    chief = await signUpAdmin(app)
  })
  beforeEach(async () => {
    chief = await signIn(app, chief.username)
    alice = await signUp(app, 'alice')
    factor = await turnOn(alice, clock)
    clock.advance(60)
  })
  afterAll(async () => {
    await other.close()
    await app.close()
  })

  const signInWith = (secondFactor: SecondFactor | null, at: Pick<App, 'url'> = app) =>
    loginWith(at, alice.username, secondFactor)
  /** What was left after the set-up. */
  const left = async () =>
    (await activities(chief.client, { userId: alice.id }))
      .slice(3)
      .map(({ action, actorId }) => (actorId === null ? `${action} by nobody` : action))
  const sessions = async () => {
    const { me } = await alice.client.get<{ me: { sessions: object[] } }, undefined>('{ me { sessions { id } } }')
    return me.sessions.length
  }

  it('asks for it after the right password, and begins no session and leaves no entry (ASVS 6.3.3)', async () => {
    for (const given of [undefined, null]) {
      const answer = await loginWith(app, alice.email, given ?? null)
      expect(answer.data).toEqual({ login: null })
      expect(answer.errors.map(({ extensions }) => extensions)).toEqual([
        { code: 'SECOND_FACTOR_REQUIRED', methods: ['TOTP', 'RECOVERY_CODE'] },
      ])
    }
    expect([await sessions(), await left()]).toEqual([1, []])
  })

  it('takes a code of the app, which the access token tells, after a refresh too', async () => {
    const { data } = await signInWith({ code: factor.code() })
    const { accessToken = '', refreshToken } = data?.login ?? {}
    const authTime = Math.floor(clock.now().getTime() / 1000)
    expect(decodeJwt(accessToken)).toMatchObject({ amr: ['pwd', 'otp', 'mfa'], auth_time: authTime })
    clock.advance(40)
    const next = await refreshed(app, refreshToken ?? '')
    expect(decodeJwt(next.accessToken)).toMatchObject({ amr: ['pwd', 'otp', 'mfa'], auth_time: authTime })
    expect(await left()).toEqual(['USER_LOGIN'])
  })

  it.each([-1, 0, 1])('takes the code %i steps from now, with white space in it (ASVS 6.5.5)', async (steps) => {
    const code = factor.code(steps).replace(/^.../, ' $&\t\u00a0 ')
    expect((await signInWith({ code, recoveryCode: null })).codes).toEqual([])
  })

  it('refuses older and later codes, and what is no code (ASVS 6.5.5)', async () => {
    const others = ['', ' ', '12345', '1234567', 'abcdef', '１２３４５６', '\ud800', `${factor.code()}0`]
    for (const code of [factor.code(-2), factor.code(2), ...others]) {
      const { errors } = await signInWith({ code })
      expect(errors.map(({ extensions }) => extensions)).toEqual([{ code: 'SECOND_FACTOR_INVALID' }])
    }
    expect(await left()).toEqual(Array(10).fill('SECOND_FACTOR_FAILED by nobody'))
    expect(await sessions()).toBe(1)
  })

  it('takes each code once, and none before one that was used (ASVS 6.5.1)', async () => {
    expect((await signInWith({ code: factor.code(1) })).codes).toEqual([])
    for (const steps of [1, 0, -1]) {
      expect((await signInWith({ code: factor.code(steps) })).codes).toEqual(['SECOND_FACTOR_INVALID'])
    }
    clock.advance(60)
    expect((await signInWith({ code: factor.code() })).codes).toEqual([])
  })

  it('does not take the code that confirmed the set-up (ASVS 6.5.1)', async () => {
    const bob = await signUp(app, 'bob')
    const { code } = await turnOn(bob, clock)
    expect((await loginWith(app, bob.username, { code: code() })).codes).toEqual(['SECOND_FACTOR_INVALID'])
    expect((await loginWith(app, bob.username, { code: code(1) })).codes).toEqual([])
  })

  it('lets one of several sign-ins at once with one code in, over two instances (ASVS 6.5.1)', async () => {
    const code = factor.code()
    const answers = await Promise.all([app, other, app, other].map((at) => signInWith({ code }, at)))
    expect(answers.map(({ codes }) => codes.join()).toSorted()).toEqual(['', ...Array(3).fill('SECOND_FACTOR_INVALID')])
    expect(await sessions()).toBe(2)
    expect((await left()).toSorted()).toEqual([...Array(3).fill('SECOND_FACTOR_FAILED by nobody'), 'USER_LOGIN'])
  })

  it('lets one of a sign-in and a reauthentication at once with one code pass', async () => {
    const code = factor.code()
    const answers = await Promise.all([signInWith({ code }, other), reauthenticate(alice, { code })])
    expect(answers.map(({ codes }) => codes.join()).toSorted()).toEqual(['', 'SECOND_FACTOR_INVALID'])
  })

  it('takes each recovery code once, in any case, with or without dashes', async () => {
    const [first = '', second = '', third = ''] = factor.recoveryCodes
    expect((await signInWith({ recoveryCode: first })).codes).toEqual([])
    expect((await signInWith({ recoveryCode: ` ${second.toUpperCase().replaceAll('-', '')} ` })).codes).toEqual([])
    expect((await signInWith({ code: null, recoveryCode: third.replaceAll('-', ' ') })).codes).toEqual([])
    for (const recoveryCode of [first, second.toUpperCase(), third, '', '-', factor.code()]) {
      expect((await signInWith({ recoveryCode })).codes).toEqual(['SECOND_FACTOR_INVALID'])
    }
    expect(await alice.client.get('{ me { recoveryCodesLeft } }')).toEqual({ me: { recoveryCodesLeft: 7 } })
    expect(await left()).toEqual([
      ...Array(3).fill(['RECOVERY_CODE_USED', 'USER_LOGIN']).flat(),
      ...Array(6).fill('SECOND_FACTOR_FAILED by nobody'),
    ])
  })

  it('lets one of several uses at once of one recovery code in, over two instances (ASVS 6.5.1)', async () => {
    const [recoveryCode] = factor.recoveryCodes
    const answers = await Promise.all([app, other, app, other].map((at) => signInWith({ recoveryCode }, at)))
    expect(answers.map(({ codes }) => codes.join()).toSorted()).toEqual(['', ...Array(3).fill('SECOND_FACTOR_INVALID')])
    expect((await left()).filter((action) => action === 'RECOVERY_CODE_USED')).toHaveLength(1)
  })

  it('takes no code of somebody else', async () => {
    const bob = await signUp(app, 'bob')
    const ofBob = await turnOn(bob, clock)
    expect((await signInWith({ code: ofBob.code(1) })).codes).toEqual(['SECOND_FACTOR_INVALID'])
    const [recoveryCode] = ofBob.recoveryCodes
    expect((await signInWith({ recoveryCode })).codes).toEqual(['SECOND_FACTOR_INVALID'])
    expect((await loginWith(app, bob.username, { recoveryCode })).codes).toEqual([])
  })

  it('says INVALID_CREDENTIALS for a wrong password whatever the code, and uses none up', async () => {
    const [recoveryCode] = factor.recoveryCodes
    for (const given of [null, { code: factor.code() }, { code: '000000' }, { recoveryCode }, { recoveryCode: 'no' }]) {
      const answer = await loginWith(app, alice.username, given, { password: 'wrong' })
      expect(answer.errors.map(({ extensions }) => extensions)).toEqual([{ code: 'INVALID_CREDENTIALS' }])
    }
    expect(await left()).toEqual(Array(5).fill('USER_LOGIN_FAILED by nobody'))
    expect((await signInWith({ recoveryCode })).codes).toEqual([])
    expect((await signInWith({ code: factor.code() })).codes).toEqual([])
  })

  it('says ACCOUNT_DISABLED before it, and uses no code up', async () => {
    const code = factor.code()
    const disable = (isActive: boolean) => chief.client.get(UPDATE, { input: { userId: alice.id, isActive } })
    await disable(false)
    for (const given of [null, { code }, { code: '000000' }]) {
      expect((await signInWith(given)).codes).toEqual(['ACCOUNT_DISABLED'])
    }
    await disable(true)
    expect((await signInWith({ code })).codes).toEqual([])
  })

  it('is BAD_USER_INPUT with both or neither for everybody, before anything is looked up', async () => {
    const bob = await signUp(app, 'bob')
    const people: [name: string, password?: string][] = [
      [alice.username],
      [alice.username, 'wrong'],
      [bob.username],
      ['nobody-at-all', 'wrong'],
    ]
    for (const [name, password] of people) {
      const both = await loginWith(app, name, { code: '000000', recoveryCode: '' }, { password })
      expect([both.codes, faultsOf(both)]).toEqual([['BAD_USER_INPUT'], [['input.secondFactor', 'INVALID']]])
      const neither = await loginWith(app, name, { code: null }, { password })
      expect([neither.codes, faultsOf(neither)]).toEqual([['BAD_USER_INPUT'], [['input.secondFactor', 'REQUIRED']]])
    }
    expect(await left()).toEqual([])
  })

  it('ignores it on an account without one', async () => {
    const bob = await signUp(app, 'bob')
    const answer = await loginWith(app, bob.username, { code: '000000' })
    expect(answer.codes).toEqual([])
    expect(decodeJwt(answer.data?.login?.accessToken ?? '')).toMatchObject({ amr: ['pwd'] })
    const entries = (await activities(chief.client, { userId: bob.id })).map(({ action }) => action)
    expect(entries).toEqual(['USER_REGISTERED', 'USER_LOGIN', 'USER_LOGIN'])
  })

  it('is not passed by a sign-in whose password was checked before it was turned on, or off', async () => {
    const orm = await openDatabaseOf(app.env)
    const users = orm.em.fork({ useContext: true }).getRepository(User)
    const passwordHash = (await users.findPasswordHash(alice.id)) ?? ''
    const bob = await signUp(app, 'bob')
    const ofBob = (await users.findPasswordHash(bob.id)) ?? ''
    const accounts = [
      { id: alice.id, passwordHash, isOn: true },
      { id: bob.id, passwordHash: ofBob, isOn: false },
    ]
    for (const { isOn, ...account } of accounts) {
      for (const totpEnabledAt of [null, new Date()]) {
        const isSame = isOn === (totpEnabledAt !== null)
        const checked = { ...account, totpEnabledAt }
        expect(await users.touchLastLogin(checked, { ...account, lastLoginAt: new Date() })).toBe(isSame)
        expect(await users.lockUnchanged(checked)).toBe(isSame)
      }
    }
    await orm.close()
  })

  it('is neither a failure nor a success for the row of failed logins that guards an identifier', async () => {
    const guarded = await createSecondInstance({ ...app, env: { ...app.env, RATE_LIMIT_FACTOR: '50' } })
    const at = (given: SecondFactor | null, password?: string) =>
      loginWith(guarded, alice.username, given, password === undefined ? {} : { password })
    for (let failure = 0; failure < 60; failure++) await at(null, 'wrong')
    for (let count = 0; count < 45; count++) expect((await at(null)).codes).toEqual(['SECOND_FACTOR_REQUIRED'])
    for (let failure = 0; failure < 40; failure++) await at(null, 'wrong')
    // With 100 failures in a row the identifier is guarded: 50 tries a minute where the factor is 50.
    const answers = []
    for (let count = 0; count < 51; count++) answers.push((await at(null)).codes.join())
    expect(answers).toEqual([...Array(50).fill('SECOND_FACTOR_REQUIRED'), 'RATE_LIMITED'])
    await guarded.close()
  })
})
