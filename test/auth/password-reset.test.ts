import { afterAll, beforeAll, expect, it } from 'vitest'
import type { App } from '../../src/app.ts'
import { NO_PASSWORD } from '../../src/passwords/password-hasher.ts'
import { describeEachBackend } from '../support/app.ts'
import { TestClient } from '../support/client.ts'
import { MailApp } from '../support/mail-app.ts'
import { PASSWORD, type Person, signIn, signUp } from '../support/story.ts'
import { activities, codesOf, faultsOf, login } from '../support/tokens.ts'

const CHANGE_PASSWORD = 'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { revokedSessions } }'
const CREATE = 'mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id email emailVerifiedAt } } }'
const NEXT = 'another long password 2'
const THIRD = 'a third long password 3'
const ACCEPTED = { requestPasswordReset: { accepted: true } }
const INVALID = ['MAIL_TOKEN_INVALID']

describeEachBackend('a lost password', (backend) => {
  let mails: MailApp
  let limited: App
  let number = 0

  beforeAll(async () => {
    mails = await MailApp.create(backend)
    limited = await mails.instance({ RATE_LIMIT_FACTOR: '1' })
  })
  afterAll(() => mails.close())

  /** The token of the newest of `count` links. */
  const ask = async ({ email }: Pick<Person, 'email'>, count = 1) => {
    expect((await mails.requestReset(email)).data).toEqual(ACCEPTED)
    return mails.token(email, 'reset-password', count)
  }
  const requestsAfter = async (act: () => Promise<unknown>) => {
    const all = () => activities(mails.chief.client, { actions: ['PASSWORD_RESET_REQUESTED'] })
    const before = (await all()).length
    await act()
    return (await all()).slice(before)
  }
  const requested = (userId: string | null) => ({
    action: 'PASSWORD_RESET_REQUESTED',
    userId,
    actorId: null,
    details: null,
  })
  /** An account without a password. */
  const invite = async (more: object = {}) => {
    const username = `guest${++number}-${backend}`
    const input = { username, email: `${username}@example.com`, ...more }
    type Created = { createUser: { user: { id: string; email: string; emailVerifiedAt: null } } }
    const { createUser } = await mails.chief.client.get<Created, object>(CREATE, { input })
    expect(createUser.user.emailVerifiedAt).toBeNull()
    return { ...createUser.user, username }
  }

  it('is replaced by the link of a mail, which ends every session and confirms the address (ASVS 6.3.7, 6.4.3, 7.4.3)', async () => {
    const alice = await signUp(mails.app)
    const sibling = await signIn(mails.app, alice.username)
    let token = ''
    expect(
      await requestsAfter(async () => {
        token = await ask(alice)
      }),
    ).toEqual([requested(alice.id)])
    const mail = await mails.mail(alice.email, 'reset-password')
    expect(mail.link).toMatch(/^https:\/\/app\.example\/reset-password#token=/)
    expect((await mails.reset(token, NEXT)).data).toEqual({ resetPassword: { revokedSessions: 2 } })
    for (const { accessToken } of [alice, sibling])
      expect(await codesOf(mails.app, accessToken)).toEqual(['UNAUTHENTICATED'])
    expect((await login(mails.app, alice.username)).codes).toEqual(['INVALID_CREDENTIALS'])
    const again = await signIn(mails.app, alice.username, NEXT)
    expect((await mails.addressOf(again)).emailVerifiedAt).not.toBeNull()
    expect((await mails.entriesOf(alice)).slice(0, 2)).toEqual([
      ['PASSWORD_RESET_REQUESTED', null],
      ['PASSWORD_RESET', alice.id],
    ])
    expect(await mails.mail(alice.email, 'password-changed')).toMatchObject({ link: null })
    expect((await mails.reset(token, THIRD)).codes).toEqual(INVALID)
  })

  it('gets the same answer whoever asks for whom; unknown and disabled accounts get no mail (ASVS 6.3.8)', async () => {
    const [alice, bob] = [await mails.confirmed(), await mails.confirmed()]
    await mails.updateUser(bob, { isActive: false })
    const unknown = `nobody-${backend}@example.net`
    const spelled = ` ${alice.email.toUpperCase()} `
    const entries = await requestsAfter(async () => {
      for (const email of [spelled, unknown, bob.email]) {
        const begin = performance.now()
        const { status, data, errors } = await mails.requestReset(email)
        expect({ status, data, errors }).toEqual({ status: 200, data: ACCEPTED, errors: [] })
        // All wait for the same moment, so that no row that is written shows.
        expect(performance.now() - begin).toBeGreaterThan(90)
      }
    })
    expect(entries).toEqual([requested(alice.id), requested(null), requested(bob.id)])
    expect(await mails.kindsTo(alice.email)).toEqual(['verify-email', 'reset-password'])
    expect(await mails.kindsTo(bob.email)).toEqual(['verify-email'])
    expect(await mails.kindsTo(unknown)).toEqual([])
    const malformed = await mails.requestReset('nobody')
    expect(malformed.codes).toEqual(['BAD_USER_INPUT'])
    expect(faultsOf(malformed)).toEqual([['input.email', 'INVALID']])
  })

  it('is set by the newest link alone, within 30 minutes, and by none once there is a new password', async () => {
    const alice = await signUp(mails.app)
    const [first, second] = [await ask(alice), await ask(alice, 2)]
    expect((await mails.reset(first, NEXT)).codes).toEqual(INVALID)
    await alice.client.get(CHANGE_PASSWORD, { input: { currentPassword: PASSWORD, newPassword: NEXT } })
    expect((await mails.reset(second, THIRD)).codes).toEqual(INVALID)
    const third = await ask(alice, 3)
    mails.clock.advance(30 * 60)
    expect((await mails.reset(third, THIRD)).codes).toEqual(INVALID)
    await signIn(mails.app, alice.username, NEXT)
  })

  it('follows the rules of passwords, once the token is found good, and a refusal costs no link', async () => {
    const alice = await signUp(mails.app)
    const token = await ask(alice)
    const bad = await mails.reset(token, `${alice.username}!`)
    expect(faultsOf(bad)).toContainEqual(['input.newPassword', 'CONTAINS_IDENTIFIER'])
    expect(faultsOf(await mails.reset(token, 'short1'))).toEqual([['input.newPassword', 'TOO_SHORT']])
    expect((await mails.reset('forged', 'short1')).codes).toEqual(INVALID)
    expect((await mails.reset(await mails.token(alice.email, 'verify-email'), NEXT)).codes).toEqual(INVALID)
    expect((await mails.reset(token, NEXT)).codes).toEqual([])
  })

  it('is set once by two with one link at the same moment', async () => {
    const alice = await signUp(mails.app)
    const token = await ask(alice)
    const answers = await Promise.all([NEXT, THIRD].map((password) => mails.reset(token, password)))
    expect(answers.flatMap(({ codes }) => codes)).toEqual(INVALID)
    const winner = answers[0]?.codes.length === 0 ? NEXT : THIRD
    await signIn(mails.app, alice.username, winner)
    expect((await mails.entriesOf(alice)).filter(([action]) => action === 'PASSWORD_RESET')).toHaveLength(1)
  })

  it('cannot be set by the link to an address that the account has no longer, nor while it is disabled', async () => {
    const [alice, bob] = [await signUp(mails.app), await signUp(mails.app)]
    const [former, disabled] = [await ask(alice), await ask(bob)]
    await mails.updateUser(alice, { email: `new-${alice.email}` })
    await mails.updateUser(bob, { isActive: false })
    expect((await mails.reset(former, NEXT)).codes).toEqual(INVALID)
    expect((await mails.reset(disabled, NEXT)).codes).toEqual(INVALID)
    await mails.updateUser(bob, { isActive: true })
    expect((await mails.reset(disabled, NEXT)).codes).toEqual([])
  })

  it('that is reset ends the session of the request for the rest of the document', async () => {
    const alice = await signUp(mails.app)
    const token = await ask(alice)
    const both =
      'mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { revokedSessions } logout { sessionId } }'
    const answer = await alice.client.run(both, { input: { token, newPassword: NEXT } })
    expect(answer.data).toEqual({ resetPassword: { revokedSessions: 1 }, logout: null })
    expect(answer.codes).toEqual(['UNAUTHENTICATED'])
  })

  it('is mailed 3 times an hour to one address, silently, and asked for 10 times by one client', async () => {
    const alice = await mails.confirmed()
    const client = new TestClient(limited.url, { headers: { 'x-forwarded-for': '192.0.2.7' } })
    const entries = await requestsAfter(async () => {
      for (let count = 0; count < 10; count++) {
        const email = count % 2 === 0 ? alice.email : alice.email.toUpperCase()
        expect((await mails.requestReset(email, client)).data).toEqual(ACCEPTED)
      }
    })
    expect(entries).toEqual(Array(10).fill(requested(alice.id)))
    expect(await mails.kindsTo(alice.email)).toEqual(['verify-email', ...Array(3).fill('reset-password')])
    const refused = await mails.requestReset(alice.email, client)
    expect(refused.errors[0]?.extensions).toEqual({ code: 'RATE_LIMITED', retryAfter: expect.any(Number) })
  })

  it('is asked for by many at once, who hold up nobody', async () => {
    const people = await Promise.all(Array.from({ length: 8 }, () => signUp(mails.app)))
    const unknown = Array.from({ length: 8 }, (_, index) => `crowd${index}-${backend}@example.net`)
    const all = people.flatMap(({ email }, index) => [email, unknown[index] ?? '', email])
    const answers = await Promise.all(all.map((email) => mails.requestReset(email)))
    expect(answers.flatMap(({ codes }) => codes)).toEqual([])
    for (const { email } of people)
      expect(await mails.kindsTo(email)).toEqual(['verify-email', 'reset-password', 'reset-password'])
  })

  it('is none yet for an account that was invited: it has no way in but the link of its mail (ASVS 6.4.1)', async () => {
    const guest = await invite()
    const mail = await mails.mail(guest.email, 'set-password')
    expect(mail.link).toMatch(/^https:\/\/app\.example\/reset-password#token=/)
    for (const password of ['', NO_PASSWORD, PASSWORD]) {
      const { errors } = await login(mails.app, guest.username, password)
      expect(errors).toEqual((await login(mails.app, 'nobody', password)).errors)
    }
    mails.clock.advance(7 * 86_400 - 1)
    expect((await mails.reset(mail.token ?? '', NEXT)).data).toEqual({ resetPassword: { revokedSessions: 0 } })
    const signedIn = await signIn(mails.app, guest.username, NEXT)
    expect((await mails.addressOf(signedIn)).emailVerifiedAt).not.toBeNull()
    expect(await mails.kindsTo(guest.email)).toEqual(['set-password', 'password-changed'])
  })

  it('can be asked for by whoever was invited; either link ends the other, and both end in time', async () => {
    const guest = await invite({ password: null })
    const invitation = await mails.token(guest.email, 'set-password')
    const reset = await ask(guest)
    expect((await mails.reset(reset, NEXT)).codes).toEqual([])
    expect((await mails.reset(invitation, THIRD)).codes).toEqual(INVALID)
    const late = await invite()
    const lateToken = await mails.token(late.email, 'set-password')
    mails.clock.advance(7 * 86_400)
    expect((await mails.reset(lateToken, NEXT)).codes).toEqual(INVALID)
  })

  it('that is none is no current password either', async () => {
    const alice = await signUp(mails.app)
    await mails.sql.run('update users set password_hash = ? where id = ?', [NO_PASSWORD, alice.id])
    for (const currentPassword of [PASSWORD, NO_PASSWORD, '']) {
      const { errors } = await alice.client.run(CHANGE_PASSWORD, { input: { currentPassword, newPassword: NEXT } })
      expect(errors[0]?.extensions).toEqual({ code: 'INVALID_CREDENTIALS', field: 'currentPassword' })
    }
    expect((await mails.changeEmail(alice, 'other@example.net')).codes).toEqual(['INVALID_CREDENTIALS'])
  })
})
