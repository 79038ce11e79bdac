import { afterAll, beforeAll, expect, it } from 'vitest'
import type { App } from '../../src/app.ts'
import { describeEachBackend } from '../support/app.ts'
import { TestClient } from '../support/client.ts'
import { MailApp } from '../support/mail-app.ts'
import { createTokenMaker } from '../support/mail-tokens.ts'
import { turnOn } from '../support/second-factor.ts'
import { PASSWORD, type Person, signIn, signUp } from '../support/story.ts'
import { codesOf, login } from '../support/tokens.ts'

const CHANGE_PASSWORD = 'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { revokedSessions } }'
const REQUEST = 'mutation { requestEmailVerification { accepted } }'
const REGISTER = 'mutation ($input: RegisterInput!) { register(input: $input) { user { id } } }'
const DELETE = 'mutation ($id: ID!) { deleteUser(input: { userId: $id }) { userId } }'
const NEXT = 'another long password 2'
const INVALID = ['MAIL_TOKEN_INVALID']
const DAY = 86_400

describeEachBackend('a change of the own address', (backend) => {
  let mails: MailApp
  let limited: App
  let number = 0

  beforeAll(async () => {
    mails = await MailApp.create(backend)
    limited = await mails.instance({ RATE_LIMIT_FACTOR: '1' })
  })
  afterAll(() => mails.close())

  const fresh = () => `Fresh${++number}@example.net`
  /** Asks for a change, and returns the token that confirms it. */
  const begin = async (person: Person, email = fresh(), count = 1) => {
    expect((await mails.changeEmail(person, email)).codes).toEqual([])
    return mails.token(email, 'confirm-email-change', count)
  }
  /** Changes the address, and returns the token that takes it back. */
  const change = async (person: Person, email = fresh()) => {
    const { email: old } = await mails.addressOf(person)
    const before = mails.server.to(old).filter(({ kind }) => kind === 'email-changed').length
    expect((await mails.verify(await begin(person, email))).codes).toEqual([])
    return mails.token(old, 'email-changed', before + 1)
  }
  /** Opens an account with an address. Returns its id. */
  const take = async (email: string) => {
    number += 1
    const { register } = await mails.stranger.get<{ register: { user: { id: string } } }, object>(REGISTER, {
      input: { username: `taker${number}`, email, password: PASSWORD },
    })
    return register.user.id
  }

  it('waits for the new address, and changes nothing else', async () => {
    const alice = await mails.confirmed()
    const before = await mails.addressOf(alice)
    const email = fresh()
    mails.clock.advance(60)
    const answer = await mails.changeEmail(alice, ` ${email} `)
    expect(answer.data).toEqual({ changeEmail: { user: { pendingEmail: email } } })
    expect(await mails.addressOf(alice)).toEqual({ ...before, pendingEmail: email })
    expect(await mails.entriesOf(alice)).toEqual([['EMAIL_CHANGE_REQUESTED', alice.id]])
    expect((await login(mails.app, email)).codes).toEqual(['INVALID_CREDENTIALS'])
    const mail = await mails.mail(email, 'confirm-email-change')
    expect(mail.link).toMatch(/^https:\/\/app\.example\/verify-email#token=/)
    expect(await mails.kindsTo(alice.email)).toEqual(['verify-email'])
  })

  it('is done once the new address is confirmed; sessions go on, and the old address is told (ASVS 6.3.7)', async () => {
    const alice = await signUp(mails.app)
    const email = fresh()
    const token = await begin(alice, email)
    expect((await mails.verify(token)).data).toEqual({ verifyEmail: { email } })
    const emailVerifiedAt = mails.clock.now().toISOString()
    expect(await mails.addressOf(alice)).toMatchObject({ email, emailVerifiedAt, pendingEmail: null })
    expect(await mails.entriesOf(alice)).toEqual([
      ['EMAIL_CHANGE_REQUESTED', alice.id],
      ['EMAIL_CHANGED', alice.id],
    ])
    await signIn(mails.app, email.toUpperCase())
    const told = await mails.mail(alice.email, 'email-changed')
    expect(told.link).toMatch(/^https:\/\/app\.example\/revert-email#token=/)
    // Scanners of mails open links before their reader does.
    expect((await mails.verify(token)).data).toEqual({ verifyEmail: { email } })
    expect((await mails.verify(await mails.token(alice.email, 'verify-email'))).codes).toEqual(INVALID)
    mails.clock.advance(DAY)
    expect((await mails.verify(token)).codes).toEqual(INVALID)
  })

  it('is confirmed once by several at the same moment', async () => {
    const alice = await signUp(mails.app)
    const token = await begin(alice)
    const answers = await Promise.all([1, 2, 3].map(() => mails.verify(token)))
    expect(answers.flatMap(({ codes }) => codes)).toEqual([])
    expect((await mails.entriesOf(alice)).filter(([action]) => action === 'EMAIL_CHANGED')).toHaveLength(1)
    expect((await mails.kindsTo(alice.email)).filter((kind) => kind === 'email-changed')).toHaveLength(1)
  })

  it('is CONFLICT for an address that another account has, when it is asked for and when it is confirmed', async () => {
    const [alice, bob] = [await signUp(mails.app), await signUp(mails.app)]
    const taken = await mails.changeEmail(alice, bob.email.toUpperCase())
    expect(taken.errors[0]?.extensions).toMatchObject({ code: 'CONFLICT', field: 'email' })
    expect(await mails.entriesOf(alice)).toEqual([])
    const email = fresh()
    const token = await begin(alice, email)
    const takerId = await take(email)
    const refused = await mails.verify(token)
    expect(refused.errors[0]?.extensions).toMatchObject({ code: 'CONFLICT', field: 'email' })
    expect(await mails.addressOf(alice)).toMatchObject({ email: alice.email, pendingEmail: email })
    await mails.chief.client.get(DELETE, { id: takerId })
    expect((await mails.verify(token)).codes).toEqual([])
  })

  it('and a registration with the same address at the same moment: one has it', async () => {
    const alice = await signUp(mails.app)
    const email = fresh()
    const token = await begin(alice, email)
    const [confirmed, registered] = await Promise.all([
      mails.verify(token),
      mails.stranger.run(REGISTER, { input: { username: `racer${++number}`, email, password: PASSWORD } }),
    ])
    expect([...confirmed.codes, ...registered.codes]).toEqual(['CONFLICT'])
    expect((await mails.addressOf(alice)).email).toBe(confirmed.codes.length === 0 ? email : alice.email)
  })

  it('is replaced by a later one, and sent again on request', async () => {
    const alice = await signUp(mails.app)
    const first = await begin(alice)
    const email = fresh()
    const second = await begin(alice, email)
    expect((await mails.verify(first)).codes).toEqual(INVALID)
    await alice.client.get(REQUEST)
    const third = await mails.token(email, 'confirm-email-change', 2)
    expect((await mails.verify(second)).codes).toEqual(INVALID)
    expect((await mails.verify(third)).data).toEqual({ verifyEmail: { email } })
  })

  it('is given up by naming the present address, which leaves no row', async () => {
    const alice = await signUp(mails.app)
    const token = await begin(alice)
    const before = await mails.addressOf(alice)
    mails.clock.advance(1)
    expect((await mails.changeEmail(alice, alice.email)).codes).toEqual([])
    expect(await mails.addressOf(alice)).toEqual({ ...before, pendingEmail: null })
    expect(await mails.entriesOf(alice)).toEqual([['EMAIL_CHANGE_REQUESTED', alice.id]])
    expect((await mails.verify(token)).codes).toEqual(INVALID)
  })

  it('to another spelling is made at once, stays confirmed, sends nothing, and ends what waits', async () => {
    const alice = await mails.confirmed()
    const token = await begin(alice)
    const { emailVerifiedAt } = await mails.addressOf(alice)
    const email = alice.email.toUpperCase()
    expect((await mails.changeEmail(alice, email)).codes).toEqual([])
    expect(await mails.addressOf(alice)).toMatchObject({ email, emailVerifiedAt, pendingEmail: null })
    expect((await mails.entriesOf(alice)).at(-1)).toEqual(['EMAIL_CHANGED', alice.id])
    expect(await mails.kindsTo(alice.email)).toEqual(['verify-email'])
    expect((await mails.verify(token)).codes).toEqual(INVALID)
    const again = await begin(alice)
    await mails.updateUser(alice, { email: alice.email })
    expect(await mails.addressOf(alice)).toMatchObject({ email: alice.email, emailVerifiedAt, pendingEmail: null })
    expect((await mails.entriesOf(alice)).at(-1)).toEqual(['USER_UPDATED', mails.chief.id])
    expect(await mails.kindsTo(alice.email)).toEqual(['verify-email'])
    expect((await mails.verify(again)).codes).toEqual(INVALID)
  })

  it('by an administrator is made at once, unconfirmed, ends what waits, and gives the old address no link', async () => {
    const alice = await mails.confirmed()
    const token = await begin(alice)
    const email = fresh()
    await mails.updateUser(alice, { email })
    expect(await mails.addressOf(alice)).toMatchObject({ email, emailVerifiedAt: null, pendingEmail: null })
    expect((await mails.verify(token)).codes).toEqual(INVALID)
    expect(await mails.mail(alice.email, 'email-changed')).toMatchObject({ link: null, token: null })
    expect((await mails.verify(await mails.token(email, 'verify-email'))).data).toEqual({ verifyEmail: { email } })
  })

  it('does not outlast a new password', async () => {
    const alice = await signUp(mails.app)
    const token = await begin(alice)
    await alice.client.get(CHANGE_PASSWORD, { input: { currentPassword: PASSWORD, newPassword: NEXT } })
    expect(await mails.addressOf(alice)).toMatchObject({ email: alice.email, pendingEmail: null })
    expect((await mails.verify(token)).codes).toEqual(INVALID)
    const carol = await signUp(mails.app)
    const waiting = await begin(carol)
    await mails.reset(await createTokenMaker(mails.app)('reset-password', carol), NEXT)
    expect((await mails.addressOf(await signIn(mails.app, carol.email, NEXT))).pendingEmail).toBeNull()
    expect((await mails.verify(waiting)).codes).toEqual(INVALID)
    const bob = await signUp(mails.app)
    const pending = await begin(bob)
    await mails.requestReset(bob.email)
    const reset = await mails.token(bob.email, 'reset-password')
    const [done, confirmed] = await Promise.all([mails.reset(reset, NEXT), mails.verify(pending)])
    // Whichever is first ends the other: the reset what waits, the new address the token for the old one.
    expect([...done.codes, ...confirmed.codes]).toEqual(INVALID)
    const again = await signIn(mails.app, bob.username, confirmed.codes.length === 0 ? PASSWORD : NEXT)
    expect((await mails.addressOf(again)).pendingEmail).toBeNull()
  })

  it('is taken back by the old address within 7 days: sessions, password and what waits end', async () => {
    const alice = await signUp(mails.app)
    const token = await change(alice)
    const sibling = await signIn(mails.app, alice.username)
    const waiting = await begin(alice)
    mails.clock.advance(7 * DAY - 1)
    expect((await mails.revert(token)).data).toEqual({ revertEmailChange: { email: alice.email } })
    for (const { accessToken } of [alice, sibling])
      expect(await codesOf(mails.app, accessToken)).toEqual(['UNAUTHENTICATED'])
    expect((await login(mails.app, alice.email)).codes).toEqual(['INVALID_CREDENTIALS'])
    expect(await mails.entriesOf(alice)).toContainEqual(['EMAIL_CHANGE_REVERTED', null])
    expect((await mails.verify(waiting)).codes).toEqual(INVALID)
    expect((await mails.revert(token)).codes).toEqual(INVALID)
    const reset = await mails.mail(alice.email, 'reset-password')
    expect(reset.link).toMatch(/^https:\/\/app\.example\/reset-password#token=/)
    expect((await mails.reset(reset.token ?? '', NEXT)).codes).toEqual([])
    const back = await signIn(mails.app, alice.email, NEXT)
    const address = await mails.addressOf(back)
    expect(address).toMatchObject({ email: alice.email, pendingEmail: null })
    expect(address.emailVerifiedAt).not.toBeNull()
  })

  it('that is taken back turns off a second factor added since, and leaves one from before', async () => {
    const outcomes: string[][] = []
    for (const isThiefs of [true, false]) {
      const alice = await signUp(mails.app)
      const token = isThiefs ? await change(alice) : ''
      mails.clock.advance(1)
      await turnOn(alice, mails.clock)
      mails.clock.advance(1)
      expect((await mails.revert(token || (await change(alice)))).codes).toEqual([])
      const reset = await mails.token(alice.email, 'reset-password')
      expect((await mails.reset(reset, NEXT)).codes).toEqual([])
      outcomes.push((await login(mails.app, alice.email, NEXT)).codes)
    }
    expect(outcomes).toEqual([[], ['SECOND_FACTOR_REQUIRED']])
  })

  it('cannot be taken back after 7 days, nor by a disabled account', async () => {
    const alice = await signUp(mails.app)
    const token = await change(alice)
    await mails.updateUser(alice, { isActive: false })
    expect((await mails.revert(token)).codes).toEqual(INVALID)
    await mails.updateUser(alice, { isActive: true })
    mails.clock.advance(7 * DAY)
    expect((await mails.revert(token)).codes).toEqual(INVALID)
  })

  it('made twice by a thief leaves the owner the way back, whatever the thief takes back first', async () => {
    for (const isThiefFirst of [false, true]) {
      const alice = await signUp(mails.app)
      const owners = await change(alice)
      const thiefs = await change(alice)
      if (isThiefFirst) expect((await mails.revert(thiefs)).codes).toEqual([])
      expect((await mails.revert(owners)).data).toEqual({ revertEmailChange: { email: alice.email } })
      expect((await mails.revert(thiefs)).codes).toEqual(INVALID)
    }
  })

  it('is taken back once by several at the same moment', async () => {
    const alice = await signUp(mails.app)
    const token = await change(alice)
    const answers = await Promise.all([1, 2, 3].map(() => mails.revert(token)))
    expect(answers.flatMap(({ codes }) => codes)).toEqual([...INVALID, ...INVALID])
    expect((await mails.kindsTo(alice.email)).filter((kind) => kind === 'reset-password')).toHaveLength(1)
  })

  it('is CONFLICT to take back where the old address was taken meanwhile, and changes nothing', async () => {
    const alice = await signUp(mails.app)
    const token = await change(alice)
    const takerId = await take(alice.email)
    expect((await mails.revert(token)).errors[0]?.extensions).toMatchObject({ code: 'CONFLICT', field: 'email' })
    await signIn(mails.app, alice.username)
    expect(await codesOf(mails.app, alice.accessToken)).toEqual([])
    await mails.chief.client.get(DELETE, { id: takerId })
    expect((await mails.revert(token)).codes).toEqual([])
  })

  it('that is taken back ends the session of the request for the rest of the document', async () => {
    const alice = await signUp(mails.app)
    const token = await createTokenMaker(mails.app)('email-changed', alice, fresh())
    const both = 'mutation ($t: String!) { revertEmailChange(input: { token: $t }) { email } logout { sessionId } }'
    const answer = await alice.client.run(both, { t: token })
    expect(answer.data).toMatchObject({ revertEmailChange: { email: expect.any(String) }, logout: null })
    expect(answer.codes).toEqual(['UNAUTHENTICATED'])
  })

  it('is mailed 5 times an hour for one account and 3 times to one address, those on request included', async () => {
    const there = (person: Person) => ({ ...person, client: person.client && limitedClient(person) })
    const limitedClient = ({ accessToken }: Person) => new TestClient(limited.url, { token: accessToken })
    const [alice, bob] = [there(await signUp(mails.app)), there(await signUp(mails.app))]
    const target = fresh()
    const codes: string[][] = []
    for (const act of [
      () => mails.changeEmail(alice, target),
      () => alice.client.run(REQUEST),
      () => mails.changeEmail(bob, target.toLowerCase()),
      () => mails.changeEmail(bob, target),
      () => alice.client.run(REQUEST),
      () => mails.changeEmail(alice, fresh()),
      () => mails.changeEmail(alice, fresh()),
      () => mails.changeEmail(alice, fresh()),
      () => mails.changeEmail(alice, fresh()),
    ])
      codes.push((await act()).codes)
    const [ok, no] = [[], ['RATE_LIMITED']]
    expect(codes).toEqual([ok, ok, ok, no, no, ok, ok, ok, no])
    expect(await mails.kindsTo(target)).toEqual(Array(3).fill('confirm-email-change'))
  })
})
