import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { App } from '../../src/app.ts'
import { secondsToWait, withFailure } from '../../src/second-factor/guesses.ts'
import { createSecondInstance, createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { createTestClock, type TestClock } from '../support/clock.ts'
import {
  type Factor,
  loginWith,
  reauthenticate,
  type SecondFactor,
  turnOn,
  wrongCode,
} from '../support/second-factor.ts'
import { PASSWORD, type Person, signIn, signUp, signUpAdmin } from '../support/story.ts'
import { activities } from '../support/tokens.ts'

describeEachBackend('guessing the second factor', (backend) => {
  let app: TestApp
  /** Two more instances, where five codes may fail; each with limits of sign-ins in its own memory. */
  let strict: [App, App]
  let clock: TestClock
  let chief: Person
  let alice: Person
  let factor: Factor

  beforeAll(async () => {
    clock = createTestClock(new Date('2026-06-01T12:00:05.000Z'))
    app = await createTestApp({ backend, clock: clock.now })
    const env = { ...app.env, RATE_LIMIT_FACTOR: '1', REDIS_URL: '' }
    const start = () => createSecondInstance({ ...app, env }, { clock: clock.now })
    strict = [await start(), await start()]
    chief = await signUpAdmin(app)
  })
  beforeEach(async () => {
    chief = await signIn(app, chief.username)
    alice = await signUp(app, 'alice')
    factor = await turnOn(alice, clock)
    clock.advance(60)
  })
  afterAll(async () => {
    for (const instance of strict) await instance.close()
    await app.close()
  })

  const wrong = () => wrongCode(factor.secret, clock.now())
  /** At the first of the strict instances, or at another. */
  const signInWith = (
    secondFactor: SecondFactor | null,
    at: Pick<App, 'url'> = strict[0],
    identifier = alice.username,
  ) => loginWith(at, identifier, secondFactor)
  const fail = async (times: number, at?: Pick<App, 'url'>) => {
    for (let time = 0; time < times; time++)
      expect((await signInWith({ code: wrong() }, at)).codes).toEqual(['SECOND_FACTOR_INVALID'])
  }

  it('ends after 5 failed codes for 15 minutes after the first, right codes too (ASVS 6.6.3)', async () => {
    await fail(1)
    clock.advance(300)
    await fail(4)
    const { errors } = await signInWith({ code: factor.code() })
    expect(errors[0]?.extensions).toEqual({ code: 'RATE_LIMITED', retryAfter: 600 })
    expect((await signInWith(null)).codes).toEqual(['SECOND_FACTOR_REQUIRED'])
    clock.advance(599)
    expect((await signInWith({ code: factor.code() }, strict[1])).errors[0]?.extensions).toMatchObject({
      retryAfter: 1,
    })
    clock.advance(1)
    expect((await signInWith({ code: factor.code() }, strict[1])).codes).toEqual([])
    chief = await signIn(app, chief.username)
    const entries = (await activities(chief.client, { userId: alice.id, actions: ['SECOND_FACTOR_FAILED'] })).length
    expect(entries).toBe(5)
  })

  it('counts over instances, names, addresses and reauthenticate alike (ASVS 6.6.3)', async () => {
    const inside = { client: alice.client }
    await fail(1)
    await fail(1, strict[1])
    expect((await signInWith({ code: wrong() }, strict[1], alice.email)).codes).toEqual(['SECOND_FACTOR_INVALID'])
    expect((await reauthenticate(inside, { code: wrong() })).codes).toEqual(['SECOND_FACTOR_INVALID'])
    expect((await signInWith({ code: 'abc' }, strict[0], alice.email.toUpperCase())).codes).toEqual([
      'SECOND_FACTOR_INVALID',
    ])
    for (const at of strict) expect((await signInWith({ code: factor.code() }, at)).codes).toEqual(['RATE_LIMITED'])
    // The factor of this instance multiplies the 5.
    expect((await reauthenticate(inside, { code: factor.code() })).codes).toEqual([])
    const actors = (await activities(chief.client, { userId: alice.id, actions: ['SECOND_FACTOR_FAILED'] })).map(
      ({ actorId }) => actorId,
    )
    expect(actors).toEqual([null, null, null, alice.id, null])
  })

  it('counts each alias, and of many at once lets five be looked at (ASVS 6.6.3)', async () => {
    const aliases = (count: number) =>
      Array.from(
        { length: count },
        (_, index) =>
          `a${index}: login(input: { identifier: "${alice.username}", password: "${PASSWORD}", secondFactor: { code: "${wrong()}" } }) { accessToken }`,
      ).join(' ')
    const requests = await Promise.all([
      alice.client.run(`mutation { ${aliases(4)} }`),
      ...strict.flatMap((at) => [1, 2, 3].map(() => signInWith({ code: wrong() }, at))),
    ])
    const codes = requests.flatMap((answer) => answer.codes).toSorted()
    expect(codes.length).toBe(10)
    const failed = (await activities(chief.client, { userId: alice.id, actions: ['SECOND_FACTOR_FAILED'] })).length
    expect(codes.filter((code) => code === 'SECOND_FACTOR_INVALID')).toHaveLength(failed)
    // The four aliases are at the instance that lets more fail.
    expect(failed).toBeLessThanOrEqual(9)
    expect((await signInWith({ code: factor.code() })).codes).toEqual(['RATE_LIMITED'])
  })

  it('is not reset by a success, and ends at exactly five among many at once', async () => {
    await fail(3)
    expect((await signInWith({ code: factor.code() }, strict[1])).codes).toEqual([])
    const answers = await Promise.all(strict.flatMap((at) => [1, 2, 3].map(() => signInWith({ code: wrong() }, at))))
    const codes = answers.map((answer) => answer.codes.join()).toSorted()
    expect(codes).toEqual([...Array(4).fill('RATE_LIMITED'), ...Array(2).fill('SECOND_FACTOR_INVALID')])
  })

  it('is not what a double click does within 30 seconds; later it is', async () => {
    const code = factor.code(1)
    expect((await signInWith({ code }, app)).codes).toEqual([])
    clock.advance(29)
    for (let click = 0; click < 6; click++)
      expect((await signInWith({ code }, strict[0])).codes).toEqual(['SECOND_FACTOR_INVALID'])
    const entries = (await activities(chief.client, { userId: alice.id, actions: ['SECOND_FACTOR_FAILED'] })).length
    expect(entries).toBe(6)
    clock.advance(1)
    for (let time = 0; time < 5; time++)
      expect((await signInWith({ code }, strict[1])).codes).toEqual(['SECOND_FACTOR_INVALID'])
    expect((await signInWith({ code }, strict[1])).codes).toEqual(['RATE_LIMITED'])
  })

  it('leaves recovery codes, which have a count of 20 of their own', async () => {
    await fail(5)
    const [first, second] = factor.recoveryCodes
    expect((await signInWith({ code: factor.code() })).codes).toEqual(['RATE_LIMITED'])
    expect((await signInWith({ recoveryCode: first })).codes).toEqual([])
    for (let time = 0; time < 20; time++)
      expect((await signInWith({ recoveryCode: `guess ${time}` }, app)).codes).toEqual(['SECOND_FACTOR_INVALID'])
    const { errors } = await signInWith({ recoveryCode: second }, strict[1])
    expect(errors[0]?.extensions).toEqual({ code: 'RATE_LIMITED', retryAfter: 900 })
    clock.advance(900)
    expect((await signInWith({ recoveryCode: second }, strict[1])).codes).toEqual([])
  })

  it('of recovery codes leaves the codes of the app', async () => {
    for (let time = 0; time < 20; time++) await signInWith({ recoveryCode: 'a guess' }, app)
    expect((await signInWith({ recoveryCode: factor.recoveryCodes[0] })).codes).toEqual(['RATE_LIMITED'])
    expect((await signInWith({ code: factor.code() })).codes).toEqual([])
  })

  it('of one account leaves other accounts', async () => {
    await fail(5)
    const bob = await signUp(app, 'bob')
    const ofBob = await turnOn(bob, clock)
    expect((await signInWith({ code: ofBob.code(1) }, strict[0], bob.username)).codes).toEqual([])
  })
})

describe('the count of guesses', () => {
  const start = new Date('2026-06-01T12:00:00.000Z')
  const at = (seconds: number) => new Date(start.getTime() + seconds * 1000)

  it('begins with the first failure and ends 15 minutes later', () => {
    const first = withFailure({ failures: 7, since: null }, start)
    expect(first).toEqual({ failures: 1, since: start })
    const second = withFailure(first, at(899.9))
    expect(second).toEqual({ failures: 2, since: start })
    expect(withFailure(second, at(900))).toEqual({ failures: 1, since: at(900) })
    expect([2, 3].map((limit) => secondsToWait(second, limit, at(0.5)))).toEqual([900, null])
    expect(secondsToWait(second, 2, at(900))).toBeNull()
  })

  it('makes nobody wait longer where the clock was set back', () => {
    expect(secondsToWait({ failures: 5, since: start }, 5, at(-3600))).toBe(900)
  })
})
