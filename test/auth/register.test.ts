import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { TestClient } from '../support/client.ts'
import { PASSWORD, type Person, signUp, signUpAdmin } from '../support/story.ts'
import { activities, faultsOf, login } from '../support/tokens.ts'

const REGISTER = `mutation ($input: RegisterInput!) {
  register(input: $input) { user { id username email displayName role { name } isActive lastLoginAt } }
}`

interface Registered {
  register: { user: { id: string; username: string } } | null
}

describeEachBackend('opening an account', (backend) => {
  let app: TestApp
  let chief: Person

  beforeAll(async () => {
    app = await createTestApp({ backend })
    chief = await signUpAdmin(app)
  })
  afterAll(() => app.close())

  const register = (input: object) => new TestClient(app.url).run<Registered, object>(REGISTER, { input })
  const named = (name: string) => ({ username: name, email: `${name}@example.com`, password: PASSWORD })

  it('makes an active user, keeps the spelling, removes surrounding white space, and records it', async () => {
    const input = { username: ' Zoe.B_1 ', email: '\tZoe@Example.COM ', password: PASSWORD, displayName: ' Zoë 🦉 ' }
    const { data } = await register(input)
    expect(data?.register?.user).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
      username: 'Zoe.B_1',
      email: 'Zoe@Example.COM',
      displayName: 'Zoë 🦉',
      role: { name: 'user' },
      isActive: true,
      lastLoginAt: null,
    })
    const userId = data?.register?.user.id
    expect(await activities(chief.client, { userId })).toEqual([
      { action: 'USER_REGISTERED', userId, actorId: userId, details: null },
    ])
  })

  it.each(['role', 'id', 'isActive', 'passwordHash'])('takes no %s from outside (ASVS 15.3.3)', async (field) => {
    const { codes } = await register({ ...named('mallory'), [field]: field === 'isActive' ? true : 'admin' })
    expect(codes).toEqual(['BAD_USER_INPUT'])
    const written = `mutation { register(input: { username: "mallory", email: "m@example.com", password: "${PASSWORD}", ${field}: "admin" }) { user { id } } }`
    expect((await new TestClient(app.url).run(written)).codes).toEqual(['GRAPHQL_VALIDATION_FAILED'])
    expect((await login(app, 'mallory')).codes).toEqual(['INVALID_CREDENTIALS'])
  })

  it('tells every fault at once, and repeats no value (ASVS 2.2.1, 2.2.2)', async () => {
    const input = { username: 'a@b', email: 'nobody', password: 'secret', displayName: 'x\u202ey' }
    expect(faultsOf(await register(input))).toEqual([
      ['input.username', 'INVALID'],
      ['input.email', 'INVALID'],
      ['input.password', 'TOO_SHORT'],
      ['input.password', 'NEEDS_LETTER_AND_DIGIT'],
      ['input.displayName', 'INVALID'],
    ])
    expect(JSON.stringify((await register(input)).errors)).not.toMatch(/secret|a@b|nobody/)
  })

  it.each([
    ['pa55wor', ['TOO_SHORT']],
    ['grumbling', ['NEEDS_LETTER_AND_DIGIT']],
    ['password1', ['TOO_COMMON']],
    ['12345678', ['NEEDS_LETTER_AND_DIGIT', 'TOO_COMMON']],
    ['my-FRED-1234', ['CONTAINS_IDENTIFIER']],
    ['my-local.part-1', ['CONTAINS_IDENTIFIER']],
    ['lone \ud800 surrogate 1', ['INVALID']],
    ['a NUL \0 inside 12', ['INVALID']],
  ])('refuses the password %j (ASVS 6.2.1, 6.2.4)', async (password, codes) => {
    const input = { username: 'Fred', email: 'Local.Part@example.com', password }
    expect(faultsOf(await register(input))).toEqual(codes.map((code) => ['input.password', code]))
  })

  it.each([
    ['129 letters', 'x'.repeat(129)],
    ['129 characters beyond the first plane', '😀'.repeat(129)],
    ['32,000 letters', '1a'.repeat(16_000)],
  ])('refuses a password of %s', async (_, password) => {
    expect(faultsOf(await register({ ...named('fred'), password }))).toEqual([['input.password', 'TOO_LONG']])
  })

  it('takes a phrase of 15 characters without digits, white space and all, and one of 128 (ASVS 6.2.8, 6.2.9)', async () => {
    const phrase = '  of spaces and words  '
    expect((await register({ ...named('phrase'), password: phrase })).codes).toEqual([])
    expect((await login(app, 'phrase', phrase.trim())).codes).toEqual(['INVALID_CREDENTIALS'])
    expect((await login(app, 'phrase', phrase)).codes).toEqual([])
    expect((await register({ ...named('longest'), password: '😀'.repeat(128) })).codes).toEqual([])
    expect((await login(app, 'longest', '😀'.repeat(128))).codes).toEqual([])
  })

  it('takes one password typed in two normal forms for the same (NIST SP 800-63B-4, 3.1.1.2)', async () => {
    expect((await register({ ...named('normal'), password: 'Crème brûlée ﬁne 1' })).codes).toEqual([])
    expect((await login(app, 'normal', 'Cre\u0300me bru\u0302le\u0301e fine 1')).codes).toEqual([])
    expect((await login(app, 'normal', 'Creme brulee fine 1')).codes).toEqual(['INVALID_CREDENTIALS'])
  })

  it('refuses a name in another case, says username where both are taken, and lists each that is', async () => {
    await register(named('Taken'))
    await register(named('Other'))
    const fieldOf = async (input: object) => (await register({ ...named('fresh'), ...input })).errors[0]?.extensions
    const taken = (...names: string[]) =>
      names.map((name) => ({ path: `input.${name}`, code: 'TAKEN', message: `This ${name} is already taken.` }))
    const ofUsername = { code: 'CONFLICT', field: 'username' }
    expect(await fieldOf({ username: 'tAKEN' })).toEqual({ ...ofUsername, fields: taken('username') })
    expect(await fieldOf({ email: 'TAKEN@example.com' })).toEqual({
      code: 'CONFLICT',
      field: 'email',
      fields: taken('email'),
    })
    const both = { ...ofUsername, fields: taken('username', 'email') }
    expect(await fieldOf({ username: 'taken', email: 'taken@EXAMPLE.com' })).toEqual(both)
    expect(await fieldOf({ username: 'taken', email: 'other@example.com' })).toEqual(both)
    expect(await fieldOf({ username: 'other', email: 'taken@example.com' })).toEqual(both)
    expect((await login(app, 'fresh')).codes).toEqual(['INVALID_CREDENTIALS'])
  })

  it.each(['username', 'email'])('lets one of 50 at once have a %s', async (field) => {
    const same = field === 'username' ? { username: 'racer' } : { email: 'racer@example.org' }
    const inputs = Array.from({ length: 50 }, (_, index) => ({ ...named(`${field}-race${index}`), ...same }))
    const answers = await Promise.all(inputs.map((input) => register(input)))
    expect(answers.filter(({ data }) => data?.register)).toHaveLength(1)
    const conflicts = answers.filter(({ errors }) => errors[0]?.extensions.field === field)
    expect(conflicts.flatMap(({ codes }) => codes)).toEqual(Array(49).fill('CONFLICT'))
  })

  it('lets one of 50 at once change to a name, whoever changes it', async () => {
    const people: Person[] = []
    while (people.length < 50)
      people.push(...(await Promise.all(Array.from({ length: 10 }, () => signUp(app, 'rival')))))
    const rename = 'mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { user { id } } }'
    const move = 'mutation ($input: ChangeEmailInput!) { changeEmail(input: $input) { user { id } } }'
    const update = 'mutation ($input: UpdateUserInput!) { updateUser(input: $input) { user { id } } }'
    const codesOf = async (call: (person: Person) => Promise<{ codes: string[] }>) =>
      (await Promise.all(people.map(call))).flatMap(({ codes }) => codes)
    const conflicts = Array(49).fill('CONFLICT')
    expect(await codesOf(({ client }) => client.run(rename, { input: { username: 'winner' } }))).toEqual(conflicts)
    const address = { email: 'winner@example.net', currentPassword: PASSWORD }
    expect(await codesOf(({ client }) => client.run(move, { input: address }))).toEqual(conflicts)
    const named = (userId: string) => ({ input: { userId, username: 'champion' } })
    expect(await codesOf(({ id }) => chief.client.run(update, named(id)))).toEqual(conflicts)
  })

  it('names what is taken in an update as well, where one keeps a username', async () => {
    const [one, other] = [await signUp(app, 'one'), await signUp(app, 'other')]
    const update = 'mutation ($input: UpdateUserInput!) { updateUser(input: $input) { user { id } } }'
    const fieldOf = async (input: object) =>
      (await chief.client.run(update, { input: { userId: one.id, ...input } })).errors[0]?.extensions.field
    expect(await fieldOf({ username: other.username, email: other.email })).toBe('username')
    expect(await fieldOf({ username: one.username.toUpperCase(), email: other.email })).toBe('email')
  })
})
