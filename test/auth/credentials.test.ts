import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { PASSWORD, type Person, signIn, signUp, signUpAdmin } from '../support/story.ts'
import { activities, codesOf, faultsOf, login } from '../support/tokens.ts'

const CHANGE_PASSWORD = `mutation ($input: ChangePasswordInput!) {
  changePassword(input: $input) { user { id updatedAt } revokedSessions }
}`
const CHANGE_EMAIL = `mutation ($input: ChangeEmailInput!) { changeEmail(input: $input) { user { email updatedAt } } }`
const DELETE_PROFILE = 'mutation ($input: DeleteProfileInput!) { deleteProfile(input: $input) { userId } }'
const NEXT = 'another long password 2'
const WRONG = 'wrong password 1'

describeEachBackend('changes that ask for the current password', (backend) => {
  let app: TestApp
  let chief: Person

  beforeAll(async () => {
    app = await createTestApp({ backend })
    chief = await signUpAdmin(app)
  })
  afterAll(() => app.close())

  const entriesOf = async ({ id }: Person) =>
    (await activities(chief.client, { userId: id })).filter(({ action }) => !/USER_(REGISTERED|LOGIN)$/.test(action))
  const entry = (action: string, { id }: Person, actorId = id) => ({ action, userId: id, actorId, details: null })
  const emailOf = async ({ client }: Person) => (await client.get('{ me { email updatedAt } }')) as object

  it('change the password, end the other sessions and count them, and leave one entry (ASVS 6.2.2, 6.2.3, 7.4.3)', async () => {
    const alice = await signUp(app)
    const siblings = await Promise.all([signIn(app, alice.username), signIn(app, alice.username)])
    const input = { currentPassword: PASSWORD, newPassword: NEXT }
    expect(await alice.client.get(CHANGE_PASSWORD, { input })).toMatchObject({ changePassword: { revokedSessions: 2 } })
    for (const { accessToken } of siblings) expect(await codesOf(app, accessToken)).toEqual(['UNAUTHENTICATED'])
    expect(await codesOf(app, alice.accessToken)).toEqual([])
    expect((await login(app, alice.username)).codes).toEqual(['INVALID_CREDENTIALS'])
    expect(await entriesOf(alice)).toEqual([
      entry('PASSWORD_CHANGED', alice),
      { ...entry('USER_LOGIN_FAILED', alice), actorId: null },
    ])
    await signIn(app, alice.email, NEXT)
  })

  it('change nothing and leave no entry with a wrong current password, and end no session (ASVS 6.2.3, 7.5.1)', async () => {
    const alice = await signUp(app)
    const sibling = await signIn(app, alice.username)
    const before = await emailOf(alice)
    const answers = [
      await alice.client.run(CHANGE_PASSWORD, { input: { currentPassword: WRONG, newPassword: NEXT } }),
      await alice.client.run(CHANGE_EMAIL, { input: { currentPassword: WRONG, email: 'new@example.com' } }),
      await alice.client.run(DELETE_PROFILE, { input: { currentPassword: WRONG } }),
      await alice.client.run(DELETE_PROFILE, { input: { currentPassword: WRONG, userId: alice.id } }),
      await alice.client.run(DELETE_PROFILE, { input: { currentPassword: '' } }),
    ]
    expect(answers.map(({ codes }) => codes)).toEqual(Array(5).fill(['INVALID_CREDENTIALS']))
    for (const { errors } of answers) {
      expect(errors[0]).toMatchObject({ message: 'The current password is wrong.' })
      expect(errors[0]?.extensions).toEqual({ code: 'INVALID_CREDENTIALS', field: 'currentPassword' })
    }
    expect(await emailOf(alice)).toEqual(before)
    expect(await codesOf(app, sibling.accessToken)).toEqual([])
    expect(await entriesOf(alice)).toEqual([])
    await signIn(app, alice.username)
  })

  it('are BAD_USER_INPUT with a missing current password', async () => {
    const alice = await signUp(app)
    for (const input of [{}, { currentPassword: null }, { userId: alice.id }, { userId: null }]) {
      const answer = await alice.client.run(DELETE_PROFILE, { input })
      expect(answer.codes).toEqual(['BAD_USER_INPUT'])
      expect(faultsOf(answer)).toEqual([['input.currentPassword', 'REQUIRED']])
    }
    expect((await alice.client.run(CHANGE_PASSWORD, { input: { newPassword: NEXT } })).codes).toEqual([
      'BAD_USER_INPUT',
    ])
    expect((await alice.client.run(CHANGE_EMAIL, { input: { email: 'x@example.com' } })).codes).toEqual([
      'BAD_USER_INPUT',
    ])
    expect(await entriesOf(alice)).toEqual([])
  })

  it.each([
    ['short1', 'TOO_SHORT'],
    ['password1', 'TOO_COMMON'],
    ['lone \ud800 surrogate 1', 'INVALID'],
  ])('refuse the new password %j (ASVS 6.2.1, 6.2.4)', async (newPassword, code) => {
    const alice = await signUp(app)
    const answer = await alice.client.run(CHANGE_PASSWORD, { input: { currentPassword: PASSWORD, newPassword } })
    expect(faultsOf(answer)).toEqual([['input.newPassword', code]])
    await signIn(app, alice.username)
  })

  it('refuse a new password that holds the username or the local part of the address (ASVS 6.2.11)', async () => {
    const alice = await signUp(app, 'Wonderland')
    const email = 'looking.glass@example.com'
    await alice.client.get(CHANGE_EMAIL, { input: { currentPassword: PASSWORD, email } })
    for (const newPassword of [`my ${alice.username.toUpperCase()} 1`, 'the Looking.GLASS 1']) {
      const answer = await alice.client.run(CHANGE_PASSWORD, { input: { currentPassword: PASSWORD, newPassword } })
      expect(faultsOf(answer)).toEqual([['input.newPassword', 'CONTAINS_IDENTIFIER']])
    }
  })

  it('change the e-mail address, which signs in from then on, and leave one entry', async () => {
    const alice = await signUp(app)
    const input = { currentPassword: PASSWORD, email: ` New.${alice.email} ` }
    const { changeEmail } = await alice.client.get<{ changeEmail: { user: { email: string } } }, object>(CHANGE_EMAIL, {
      input,
    })
    expect(changeEmail.user.email).toBe(`New.${alice.email}`)
    expect(await emailOf(alice)).toEqual({ me: changeEmail.user })
    expect((await signIn(app, `new.${alice.email}`)).id).toBe(alice.id)
    expect((await login(app, alice.email)).codes).toEqual(['INVALID_CREDENTIALS'])
    expect(await entriesOf(alice)).toEqual([entry('EMAIL_CHANGED', alice)])
  })

  it('succeed without an entry when the e-mail address stays the same, and ask for the password all the same', async () => {
    const alice = await signUp(app)
    const before = await emailOf(alice)
    const change = (currentPassword: string) =>
      alice.client.run(CHANGE_EMAIL, { input: { currentPassword, email: `${alice.email} ` } })
    expect((await change(PASSWORD)).codes).toEqual([])
    expect((await change(WRONG)).codes).toEqual(['INVALID_CREDENTIALS'])
    expect(await emailOf(alice)).toEqual(before)
    expect(await entriesOf(alice)).toEqual([])
  })

  it('refuse an address that is taken, in any case, or is none', async () => {
    const [alice, bob] = [await signUp(app), await signUp(app)]
    const change = (email: string) => alice.client.run(CHANGE_EMAIL, { input: { currentPassword: PASSWORD, email } })
    expect((await change(bob.email.toUpperCase())).errors[0]?.extensions).toEqual({
      code: 'CONFLICT',
      field: 'email',
      fields: [{ path: 'input.email', code: 'TAKEN', message: 'This email is already taken.' }],
    })
    expect(faultsOf(await change('nobody'))).toEqual([['input.email', 'INVALID']])
    expect(await entriesOf(alice)).toEqual([])
  })

  it('remove the account with its password, free its names, and end its sessions', async () => {
    const alice = await signUp(app)
    expect(await alice.client.get(DELETE_PROFILE, { input: { currentPassword: PASSWORD } })).toEqual({
      deleteProfile: { userId: alice.id },
    })
    expect(await codesOf(app, alice.accessToken)).toEqual(['UNAUTHENTICATED'])
    expect((await login(app, alice.username)).codes).toEqual(['INVALID_CREDENTIALS'])
    expect(await chief.client.get('query ($id: ID!) { user(id: $id) { id } }', { id: alice.id })).toEqual({
      user: null,
    })
    expect(await entriesOf(alice)).toEqual([entry('PROFILE_DELETED', alice)])
    const register = 'mutation ($input: RegisterInput!) { register(input: $input) { user { id } } }'
    const { username, email } = alice
    const again = await chief.client.run<{ register: { user: { id: string } } }, object>(register, {
      input: { username, email, password: PASSWORD },
    })
    expect(again.codes).toEqual([])
    expect(again.data?.register.user.id).not.toBe(alice.id)
  })

  it('need no password of an administrator who removes another’s account; others are refused', async () => {
    const [alice, bob] = [await signUp(app), await signUp(app)]
    const input = { userId: alice.id }
    expect((await bob.client.run(DELETE_PROFILE, { input: { ...input, currentPassword: PASSWORD } })).codes).toEqual([
      'FORBIDDEN',
    ])
    expect((await chief.client.run(DELETE_PROFILE, { input })).codes).toEqual([])
    expect((await chief.client.run(DELETE_PROFILE, { input })).codes).toEqual(['NOT_FOUND'])
    expect((await chief.client.run(DELETE_PROFILE, { input: { userId: 'nonsense' } })).codes).toEqual(['NOT_FOUND'])
    expect(await entriesOf(alice)).toEqual([entry('PROFILE_DELETED', alice, chief.id)])
  })

  it('let one of two password changes at once win, and only the winner’s password sign in', async () => {
    const alice = await signUp(app)
    const sibling = await signIn(app, alice.username)
    const words = ['the first new password', 'the second new password']
    const answers = await Promise.all(
      [alice, sibling].map(({ client }, index) =>
        client.run(CHANGE_PASSWORD, { input: { currentPassword: PASSWORD, newPassword: words[index] } }),
      ),
    )
    const winners = answers.flatMap(({ codes }, index) => (codes.length === 0 ? [index] : []))
    expect(winners).toHaveLength(1)
    const codes = await Promise.all(words.map(async (word) => (await login(app, alice.username, word)).codes))
    expect(codes[winners[0] ?? 0]).toEqual([])
    expect(codes[1 - (winners[0] ?? 0)]).toEqual(['INVALID_CREDENTIALS'])
  })
})
