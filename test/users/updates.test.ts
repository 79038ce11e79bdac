import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { createTestClock, type TestClock } from '../support/clock.ts'
import { type Person, signUp, signUpAdmin } from '../support/story.ts'
import { activities, faultsOf } from '../support/tokens.ts'

const USER = 'user { id username email displayName role { name } isActive createdAt updatedAt }'
const UPDATE_PROFILE = `mutation ($input: UpdateProfileInput!) { payload: updateProfile(input: $input) { ${USER} } }`
const UPDATE_USER = `mutation ($input: UpdateUserInput!) { payload: updateUser(input: $input) { ${USER} } }`
const CREATE_USER = `mutation ($input: CreateUserInput!) { payload: createUser(input: $input) { ${USER} } }`

interface User {
  id: string
  username: string
  email: string
  displayName: string | null
  role: { name: string }
  isActive: boolean
  updatedAt: string
}
interface Payload {
  payload: { user: User }
}

describeEachBackend('updates', (backend) => {
  let app: TestApp
  let clock: TestClock
  let chief: Person

  beforeAll(async () => {
    clock = createTestClock()
    app = await createTestApp({ backend, clock: clock.now })
    chief = await signUpAdmin(app)
  })
  afterAll(() => app.close())

  const read = async ({ id }: Person) =>
    (
      await chief.client.get<{ user: User }, object>(`query ($id: ID!) { ${USER.replace('user', 'user(id: $id)')} }`, {
        id,
      })
    ).user
  const entries = async ({ id }: Person) =>
    (await activities(chief.client, { userId: id })).filter(({ action }) => !/REGISTERED|LOGIN/.test(action))
  const change = async (person: Person, document: string, input: object) => {
    clock.advance(1)
    return (await person.client.get<Payload, object>(document, { input })).payload.user
  }

  describe('of the own profile', () => {
    it('change what is given, leave what is left out, and record one entry', async () => {
      const alice = await signUp(app, 'alice')
      const before = await read(alice)
      const after = await change(alice, UPDATE_PROFILE, { displayName: ' Älice 🦉 ' })
      expect(after).toEqual({ ...before, displayName: 'Älice 🦉', updatedAt: clock.now().toISOString() })
      const renamed = await change(alice, UPDATE_PROFILE, { userId: null, username: ` ${alice.username}.X ` })
      expect(renamed).toEqual({ ...after, username: `${alice.username}.X`, updatedAt: clock.now().toISOString() })
      expect(await read(alice)).toEqual(renamed)
      expect(await entries(alice)).toEqual(
        Array(2).fill({ action: 'PROFILE_UPDATED', userId: alice.id, actorId: alice.id, details: null }),
      )
    })

    it.each([null, '', '   '])('clear the display name with %j', async (displayName) => {
      const alice = await signUp(app, 'alice')
      await change(alice, UPDATE_PROFILE, { displayName: 'Alice' })
      expect((await change(alice, UPDATE_PROFILE, { displayName })).displayName).toBeNull()
    })

    it('take a new spelling of the own name as a change', async () => {
      const alice = await signUp(app, 'alice')
      const username = alice.username.toUpperCase()
      expect(await change(alice, UPDATE_PROFILE, { username })).toMatchObject({ username })
      expect(await entries(alice)).toHaveLength(1)
    })

    it('refuse null for a username, as REQUIRED, and change nothing of the rest', async () => {
      const alice = await signUp(app, 'alice')
      const answer = await alice.client.run(UPDATE_PROFILE, { input: { username: null, displayName: 'x\u0000' } })
      expect(answer.codes).toEqual(['BAD_USER_INPUT'])
      expect(faultsOf(answer)).toEqual([
        ['input.username', 'REQUIRED'],
        ['input.displayName', 'INVALID'],
      ])
      expect((await read(alice)).displayName).toBeNull()
    })

    it.each(['role', 'isActive', 'email', 'id', 'passwordHash'])('know no %s (ASVS 15.3.3)', async (field) => {
      const alice = await signUp(app, 'alice')
      const { codes } = await alice.client.run(UPDATE_PROFILE, { input: { [field]: 'admin' } })
      expect(codes).toEqual(['BAD_USER_INPUT'])
      expect(await read(alice)).toMatchObject({ role: { name: 'user' }, isActive: true, email: alice.email })
    })
  })

  describe('by an administrator', () => {
    it('change the profile of another, and name the administrator as who did it', async () => {
      const alice = await signUp(app, 'alice')
      expect(await change(chief, UPDATE_PROFILE, { userId: alice.id, displayName: 'A' })).toMatchObject({
        id: alice.id,
        displayName: 'A',
      })
      expect(await entries(alice)).toEqual([
        { action: 'PROFILE_UPDATED', userId: alice.id, actorId: chief.id, details: null },
      ])
    })

    it('change everything at once, leaving one entry for each kind of change', async () => {
      const alice = await signUp(app, 'alice')
      const before = await read(alice)
      const input = {
        userId: alice.id,
        username: `New-${alice.username}`,
        email: `New-${alice.email}`,
        displayName: 'New',
        role: 'admin',
        isActive: false,
      }
      const { userId: _, role, ...details } = input
      expect(await change(chief, UPDATE_USER, input)).toEqual({
        ...before,
        ...details,
        role: { name: role },
        updatedAt: clock.now().toISOString(),
      })
      const kinds = async () =>
        (await entries(alice)).map(({ action, actorId, details: more }) => [action, actorId, more])
      const made = ['USER_DEACTIVATED', 'USER_ROLE_CHANGED', 'USER_UPDATED'].map((action) => [action, chief.id, null])
      expect((await kinds()).toSorted()).toEqual(made)
      await change(chief, UPDATE_USER, { userId: alice.id, isActive: true })
      expect((await kinds()).at(-1)).toEqual(['USER_ACTIVATED', chief.id, null])
      expect(await entries(alice)).toHaveLength(4)
    })

    it.each(['username', 'email', 'role', 'isActive'])('refuse null for %s, as REQUIRED', async (field) => {
      const alice = await signUp(app, 'alice')
      const answer = await chief.client.run(UPDATE_USER, {
        input: { userId: alice.id, displayName: 'X', [field]: null },
      })
      expect([answer.codes, faultsOf(answer)]).toEqual([['BAD_USER_INPUT'], [[`input.${field}`, 'REQUIRED']]])
      expect((await read(alice)).displayName).toBeNull()
    })

    it('tell every fault at once', async () => {
      const input = {
        userId: chief.id,
        username: 'a@b',
        email: 'x',
        displayName: 'y'.repeat(101),
        role: 'root',
        isActive: null,
      }
      expect(faultsOf(await chief.client.run(UPDATE_USER, { input }))).toEqual([
        ['input.username', 'INVALID'],
        ['input.email', 'INVALID'],
        ['input.displayName', 'TOO_LONG'],
        ['input.isActive', 'REQUIRED'],
        // The database knows which roles there are.
        ['input.role', 'INVALID'],
      ])
    })

    it.each(['root', 'Admin', 'admin ', '', '__proto__', 'constructor', 'toString'])(
      'refuse the role %j',
      async (role) => {
        const alice = await signUp(app, 'alice')
        const answers = [
          await chief.client.run(UPDATE_USER, { input: { userId: alice.id, role } }),
          await chief.client.run(CREATE_USER, {
            input: { username: 'made', email: 'made@example.com', password: 'correct horse battery staple', role },
          }),
        ]
        for (const answer of answers) expect(faultsOf(answer)).toEqual([['input.role', 'INVALID']])
        expect((await read(alice)).role.name).toBe('user')
      },
    )

    it('make accounts of any role, disabled ones too, and record who made them', async () => {
      const account = { username: 'Made.By-1', email: 'Made@example.com', password: 'correct horse battery staple' }
      const made = await change(chief, CREATE_USER, { ...account, role: 'admin', isActive: false, displayName: 'Made' })
      expect(made).toMatchObject({
        username: 'Made.By-1',
        email: 'Made@example.com',
        displayName: 'Made',
        role: { name: 'admin' },
        isActive: false,
      })
      const plain = await change(chief, CREATE_USER, { ...account, username: 'plain', email: 'plain@example.com' })
      expect(plain).toMatchObject({ displayName: null, role: { name: 'user' }, isActive: true })
      const [entry] = await activities(chief.client, { userId: made.id })
      expect(entry).toEqual({ action: 'USER_CREATED', userId: made.id, actorId: chief.id, details: null })
      const nulls = await chief.client.run(CREATE_USER, { input: { ...account, role: null } })
      expect(nulls.codes).toEqual(['BAD_USER_INPUT'])
      const taken = await chief.client.run(CREATE_USER, { input: { ...account, username: 'MADE.by-1' } })
      const ofUsername = { path: 'input.username', code: 'TAKEN', message: 'This username is already taken.' }
      const ofEmail = { path: 'input.email', code: 'TAKEN', message: 'This email is already taken.' }
      expect(taken.errors[0]?.extensions).toEqual({
        code: 'CONFLICT',
        field: 'username',
        fields: [ofUsername, ofEmail],
      })
      const mine = { userId: chief.id, username: chief.username, email: account.email }
      expect((await chief.client.run(UPDATE_USER, { input: mine })).errors[0]?.extensions).toEqual({
        code: 'CONFLICT',
        field: 'email',
        fields: [ofEmail],
      })
      const both = { userId: chief.id, username: account.username, email: account.email }
      expect((await chief.client.run(UPDATE_USER, { input: both })).errors[0]?.extensions).toEqual({
        code: 'CONFLICT',
        field: 'username',
        fields: [ofUsername, ofEmail],
      })
    })
  })

  it('that change nothing succeed, leave no entry and keep updatedAt', async () => {
    const alice = await signUp(app, 'alice')
    await change(alice, UPDATE_PROFILE, { displayName: 'Alice' })
    const before = await read(alice)
    const same = { username: alice.username, displayName: ' Alice ' }
    const changes: [Person, string, object][] = [
      [alice, UPDATE_PROFILE, {}],
      [alice, UPDATE_PROFILE, same],
      [alice, UPDATE_PROFILE, { userId: alice.id, ...same }],
      [chief, UPDATE_PROFILE, { userId: alice.id, ...same }],
      [chief, UPDATE_USER, { userId: alice.id }],
      [chief, UPDATE_USER, { userId: alice.id, ...same, email: ` ${alice.email} `, role: 'user', isActive: true }],
    ]
    for (const [person, document, input] of changes) expect(await change(person, document, input)).toEqual(before)
    const { payload } = await alice.client.get<Payload, object>(
      `mutation ($input: ChangeEmailInput!) { payload: changeEmail(input: $input) { ${USER} } }`,
      { input: { email: ` ${alice.email}`, currentPassword: 'correct horse battery staple' } },
    )
    expect(payload.user).toEqual(before)
    expect(await read(alice)).toEqual(before)
    expect(await entries(alice)).toHaveLength(1)
    expect(await alice.client.get('{ me { updatedAt } }')).toEqual({ me: { updatedAt: before.updatedAt } })
  })
})
