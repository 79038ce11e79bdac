import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import type { App } from '../../src/app.ts'
import { describeEachBackend } from '../support/app.ts'
import { TestClient } from '../support/client.ts'
import { followClock } from '../support/clock.ts'
import { MailApp } from '../support/mail-app.ts'
import { createTokenMaker } from '../support/mail-tokens.ts'
import { PASSWORD, type Person, signIn, signUp, signUpAdmin } from '../support/story.ts'
import { activities, login } from '../support/tokens.ts'

const REQUEST = 'mutation { requestEmailVerification { accepted } }'
const REGISTER = 'mutation ($input: RegisterInput!) { register(input: $input) { user { id } } }'
const ACCEPTED = { requestEmailVerification: { accepted: true } }
const INVALID = [{ code: 'MAIL_TOKEN_INVALID' }]
const DAY = 86_400

describeEachBackend('confirming an address', (backend) => {
  let mails: MailApp
  /** Sign-in needs a confirmed address. */
  let strict: App
  /** Limits as they are without a factor. */
  let limited: App

  beforeAll(async () => {
    mails = await MailApp.create(backend)
    strict = await mails.instance({ REQUIRE_VERIFIED_EMAIL: 'true' })
    limited = await mails.instance({ RATE_LIMIT_FACTOR: '1' })
  })
  afterAll(() => mails.close())
  afterEach(() => vi.restoreAllMocks())

  const verifiedAt = async (person: Person) => (await mails.addressOf(person)).emailVerifiedAt
  const actionsOf = async ({ id }: Pick<Person, 'id'>) =>
    (await activities(mails.chief.client, { userId: id })).map(({ action, actorId }) => [action, actorId])
  const extensionsOf = async (token: string) => (await mails.verify(token)).errors.map(({ extensions }) => extensions)
  /** An account that has not signed in. */
  const register = async (name: string) => {
    const email = `${name}@example.com`
    const { register } = await mails.stranger.get<{ register: { user: { id: string } } }, object>(REGISTER, {
      input: { username: name, email, password: PASSWORD },
    })
    return { id: register.user.id, username: name, email }
  }

  it('is done by the link of the mail that registration sends, once, and opening it again does no harm', async () => {
    const alice = await signUp(mails.app)
    expect(await verifiedAt(alice)).toBeNull()
    const token = await mails.token(alice.email, 'verify-email')
    mails.clock.advance(60)
    expect((await mails.verify(token)).data).toEqual({ verifyEmail: { email: alice.email } })
    const at = mails.clock.now().toISOString()
    expect(await verifiedAt(alice)).toBe(at)
    mails.clock.advance(60)
    expect((await mails.verify(token)).codes).toEqual([])
    expect(await verifiedAt(alice)).toBe(at)
    expect(await actionsOf(alice)).toEqual([
      ['USER_REGISTERED', alice.id],
      ['USER_LOGIN', alice.id],
      ['EMAIL_VERIFIED', alice.id],
    ])
    mails.clock.advance(DAY)
    expect(await extensionsOf(token)).toEqual(INVALID)
  })

  it('is done once by two links opened at the same moment', async () => {
    const alice = await signUp(mails.app)
    expect(await alice.client.get(REQUEST)).toEqual(ACCEPTED)
    const newer = await mails.token(alice.email, 'verify-email', 2)
    const older = await mails.token(alice.email, 'verify-email')
    const answers = await Promise.all([older, newer, older, newer].map((token) => mails.verify(token)))
    expect(answers.flatMap(({ codes }) => codes)).toEqual([])
    expect((await actionsOf(alice)).filter(([action]) => action === 'EMAIL_VERIFIED')).toHaveLength(1)
  })

  it('can be asked for again; where there is nothing to confirm, that is accepted without a mail', async () => {
    const alice = await mails.confirmed()
    expect(await alice.client.get(REQUEST)).toEqual(ACCEPTED)
    expect(await mails.kindsTo(alice.email)).toEqual(['verify-email'])
    const bob = await signUp(mails.app)
    await bob.client.get(REQUEST)
    expect(await mails.kindsTo(bob.email)).toEqual(['verify-email', 'verify-email'])
    expect((await mails.stranger.run(REQUEST)).codes).toEqual(['UNAUTHENTICATED'])
  })

  it('is refused with one answer, whatever is wrong with the token, and changes nothing', async () => {
    const [alice, bob, carol, dave] = [
      await signUp(mails.app),
      await signUp(mails.app),
      await signUp(mails.app),
      await signUp(mails.app),
    ]
    const of = (person: Person) => mails.token(person.email, 'verify-email')
    const tokens = [await of(alice), await of(bob), await of(carol)]
    await mails.updateUser(alice, { email: `x${alice.email}` })
    await mails.updateUser(bob, { isActive: false })
    const drop = 'mutation ($id: ID!) { deleteUser(input: { userId: $id }) { userId } }'
    await mails.chief.client.get(drop, { id: carol.id })
    const tokenOf = createTokenMaker(mails.app)
    const others = [await tokenOf('reset-password', dave), await tokenOf('email-changed', dave), dave.accessToken]
    const forged = ['', 'x', `ghm_${randomBytes(48).toString('base64url')}`, 'y'.repeat(10_000)]
    const answers = await Promise.all([...tokens, ...others, ...forged].map((token) => mails.verify(token)))
    for (const { errors } of answers) expect(errors).toEqual(answers[0]?.errors)
    expect(answers[0]?.errors.map(({ extensions }) => extensions)).toEqual(INVALID)
    expect(await verifiedAt(dave)).toBeNull()
    await mails.updateUser(bob, { isActive: true })
    expect((await mails.verify(tokens[1] ?? '')).codes).toEqual([])
  })

  it('is asked for by a sign-in where it is required, which begins no session and leaves no row', async () => {
    const ada = await register(`ada-${backend}`)
    await mails.mail(ada.email, 'verify-email')
    const answer = await login(strict, ada.username)
    expect(answer.errors.map(({ extensions }) => extensions)).toEqual([{ code: 'EMAIL_NOT_VERIFIED' }])
    expect((await login(strict, ada.email, 'wrong password 1')).codes).toEqual(['INVALID_CREDENTIALS'])
    expect((await login(strict, ada.email)).codes).toEqual(['EMAIL_NOT_VERIFIED'])
    expect(await mails.sql.all('select id from sessions where user_id = ?', [ada.id])).toEqual([])
    expect(await actionsOf(ada)).toEqual([
      ['USER_REGISTERED', ada.id],
      ['USER_LOGIN_FAILED', null],
    ])
    // That of the registration, and one in 5 minutes, though limits are multiplied by 1000.
    expect(await mails.kindsTo(ada.email)).toEqual(['verify-email', 'verify-email'])
    expect((await mails.verify(await mails.token(ada.email, 'verify-email', 2))).codes).toEqual([])
    expect((await login(strict, ada.username)).codes).toEqual([])
  })

  it('is asked for after the account is found disabled, and never of administrators made by an operator', async () => {
    const ben = await register(`ben-${backend}`)
    await mails.updateUser(ben, { isActive: false })
    expect((await login(strict, ben.username)).codes).toEqual(['ACCOUNT_DISABLED'])
    expect(await mails.kindsTo(ben.email)).toEqual(['verify-email'])
    const chief = await signUpAdmin(mails.app)
    await signIn(strict, chief.username)
    expect(await verifiedAt(chief)).not.toBeNull()
    expect(await mails.kindsTo(chief.email)).toEqual([])
  })

  // Redis counts by its own clock.
  it.runIf(backend === 'sqlite')('is mailed again by a sign-in 5 minutes later', async () => {
    followClock(mails.clock.now)
    const eve = await register('eve')
    await login(strict, eve.username)
    mails.clock.advance(290)
    await login(strict, eve.username)
    expect(await mails.kindsTo(eve.email)).toHaveLength(2)
    mails.clock.advance(11)
    await login(strict, eve.username)
    expect(await mails.kindsTo(eve.email)).toHaveLength(3)
  })

  it('is mailed 5 times an hour for one account, and tried 30 times in 10 minutes from one address', async () => {
    const alice = await signUp(mails.app)
    const codes: string[] = []
    const client = new TestClient(limited.url, { token: alice.accessToken })
    for (let count = 0; count < 6; count++) codes.push(...(await client.run(REQUEST)).codes)
    expect(codes).toEqual(['RATE_LIMITED'])
    const from = (address: string) => new TestClient(limited.url, { headers: { 'x-forwarded-for': address } })
    const tries = await Promise.all(Array.from({ length: 31 }, () => mails.verify('forged', from('192.0.2.1'))))
    expect(tries.flatMap(({ codes }) => codes).toSorted()).toEqual([
      ...Array(30).fill('MAIL_TOKEN_INVALID'),
      'RATE_LIMITED',
    ])
    expect((await mails.verify('forged', from('192.0.2.2'))).codes).toEqual(['MAIL_TOKEN_INVALID'])
  })
})
