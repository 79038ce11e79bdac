import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import type { Answer } from '../support/client.ts'
import { openSql } from '../support/sql.ts'
import { PASSWORD, type Person, signUp, signUpAdmin } from '../support/story.ts'
import { faultsOf, login } from '../support/tokens.ts'
import { fullWidth, NONE, SAME } from './spellings.ts'

const ACCOUNT = 'id username email displayName role { name } isActive createdAt updatedAt'

/** The fields of each input; every other field is refused. */
const INPUTS: Record<string, { type: string; fields: string[]; answer: string }> = {
  register: { type: 'RegisterInput', fields: ['username', 'email', 'password', 'displayName'], answer: 'user { id }' },
  login: { type: 'LoginInput', fields: ['identifier', 'password', 'transport'], answer: 'user { id }' },
  updateProfile: {
    type: 'UpdateProfileInput',
    fields: ['userId', 'username', 'displayName'],
    answer: 'user { id }',
  },
  changeEmail: { type: 'ChangeEmailInput', fields: ['email', 'currentPassword'], answer: 'user { id }' },
  changePassword: {
    type: 'ChangePasswordInput',
    fields: ['currentPassword', 'newPassword'],
    answer: 'revokedSessions',
  },
  deleteProfile: { type: 'DeleteProfileInput', fields: ['userId', 'currentPassword'], answer: 'userId' },
}

/** Field names that attackers try, besides the columns. */
const OTHER_NAMES = ['roles', 'isAdmin', 'admin', 'permissions', '__proto__', 'constructor', 'prototype', 'toString']

function documentOf(field: string): string {
  const { type, answer } = INPUTS[field] ?? { type: '', answer: '' }
  return `mutation ($input: ${type}!) { ${field}(input: $input) { ${answer} } }`
}

function camelCase(column: string): string {
  return column.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

describeEachBackend('an account', (backend) => {
  let app: TestApp
  let chief: Person
  let owner: Person

  beforeAll(async () => {
    app = await createTestApp({ backend })
    chief = await signUpAdmin(app)
    owner = await signUp(app, 'Viktor')
  })
  afterAll(() => app.close())

  const run = (person: Pick<Person, 'client'>, field: string, input: object) =>
    person.client.run<Record<string, unknown>, object>(documentOf(field), { input })
  const update = (input: object) =>
    chief.client.run('mutation ($input: UpdateUserInput!) { updateUser(input: $input) { user { id } } }', { input })
  const create = (input: object) =>
    chief.client.run('mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id } } }', { input })
  /** Includes all ids from the database, because a total count may be old. */
  const stateOf = async ({ id }: Person) => {
    const seen = await chief.client.get<object, object>(
      `query ($id: ID!) { user(id: $id) { ${ACCOUNT} sessions { id } } }`,
      { id },
    )
    const sql = await openSql(app)
    const ids = await sql.all('select id from users order by id')
    await sql.close()
    return { ...seen, ids }
  }

  async function columns(): Promise<string[]> {
    const sql = await openSql(app)
    const statement = sql.isSqlite
      ? "select name from pragma_table_info('users')"
      : "select column_name as name from information_schema.columns where table_schema = database() and table_name = 'users'"
    const found = await sql.all<{ name: string }>(statement)
    await sql.close()
    return found.flatMap(({ name }) => [name, camelCase(name)])
  }

  const VALUES: Record<string, (person: Person) => unknown> = {
    username: () => 'chosen',
    email: () => 'chosen@example.com',
    password: () => PASSWORD,
    identifier: ({ username }) => username,
    currentPassword: () => PASSWORD,
    newPassword: () => 'another long password 2',
    displayName: () => 'Chosen',
    userId: ({ id }) => id,
    transport: () => 'BODY',
  }

  it.each(Object.entries(INPUTS))(
    'takes by %s what that needs, and no column or other property beside it (ASVS 15.3.3, 15.3.6)',
    async (field, { fields }) => {
      const mallory = await signUp(app, 'mallory')
      const good = fields.map((name): [string, unknown] => [name, VALUES[name]?.(mallory)])
      const extra = [...new Set([...(await columns()), ...Object.keys(VALUES), ...OTHER_NAMES])].filter(
        (name) => !fields.includes(name),
      )
      expect(extra).toEqual(expect.arrayContaining(['role', 'id', 'isActive', 'passwordHash', 'password_hash']))
      const before = await stateOf(mallory)
      for (const name of extra)
        for (const value of ['admin', true, { role: 'admin', isActive: true }]) {
          const input = JSON.parse(
            JSON.stringify(Object.fromEntries([...good, ['x', value]])).replace('"x":', `"${name}":`),
          )
          expect([name, (await run(mallory, field, input)).codes]).toEqual([name, ['BAD_USER_INPUT']])
        }
      expect(await stateOf(mallory)).toEqual(before)
      // So each input was refused for the extra field alone.
      expect((await run(mallory, field, Object.fromEntries(good))).codes).toEqual([])
      if (field === 'register')
        await chief.client.get('mutation ($id: ID!) { deleteUser(input: { userId: $id }) { userId } }', {
          id: await idOf('chosen'),
        })
    },
  )

  async function idOf(identifier: string): Promise<string> {
    return (await login(app, identifier)).data?.login?.user.id ?? ''
  }

  it('cannot have a username that is somebody’s e-mail address, in any spelling or by any mutation', async () => {
    const { email } = owner
    const [local = '', domain = ''] = email.split('@')
    const mallory = await signUp(app, 'mallory')
    const names = [
      email,
      ` ${email.toUpperCase()} `,
      fullWidth(email),
      ...['\uff20', '\ufe6b', '\u{1f4e7}', '%40', '\0@'].map((at) => local + at + domain),
      '@',
      'a@b',
      `${local}@`,
    ]
    for (const username of names) {
      const rest = { email: 'fresh@example.com', password: PASSWORD }
      const answers = [
        await run(mallory, 'register', { username, ...rest }),
        await create({ username, ...rest }),
        await run(mallory, 'updateProfile', { username }),
        await update({ userId: mallory.id, username }),
      ]
      for (const answer of answers) {
        expect(answer.codes).toEqual(['BAD_USER_INPUT'])
        expect(faultsOf(answer)).toContainEqual([
          'input.username',
          username.trim().length < 3 ? 'TOO_SHORT' : 'INVALID',
        ])
      }
    }
    expect(await idOf(email)).toBe(owner.id)
    expect((await login(app, 'fresh@example.com')).codes).toEqual(['INVALID_CREDENTIALS'])
  })

  /** Every way for another person to take a name. */
  async function take(mallory: Person, username: string, email: string): Promise<Answer<unknown>[]> {
    const [freshName, freshAddress, password] = ['not.taken', 'not.taken@example.com', PASSWORD]
    return [
      await run(mallory, 'register', { username, email: freshAddress, password }),
      await create({ username, email: freshAddress, password }),
      await run(mallory, 'updateProfile', { username }),
      await update({ userId: mallory.id, username }),
      await run(mallory, 'register', { username: freshName, email, password }),
      await create({ username: freshName, email, password }),
      await run(mallory, 'changeEmail', { email, currentPassword: PASSWORD }),
      await update({ userId: mallory.id, email }),
    ]
  }

  const spelled = (spell: (name: string) => string): [string, string] => {
    const [local = '', domain = ''] = owner.email.split('@')
    const name = spell(owner.username)
    // White space goes around the address, everything else into its local part.
    if (name.trim() !== name) return [name, name.replace(name.trim(), owner.email)]
    return [name, `${spell(local)}@${domain}`]
  }

  it.each(SAME)('has one name, and %s is the same one to take and to sign in with', async (_, spell) => {
    const mallory = await signUp(app, 'mallory')
    const before = await stateOf(mallory)
    const [username, email] = spelled(spell)
    const fields = (await take(mallory, username, email)).map(({ errors }) => errors[0]?.extensions)
    const taken = (field: string) => ({
      code: 'CONFLICT',
      field,
      fields: [{ path: `input.${field}`, code: 'TAKEN', message: `This ${field} is already taken.` }],
    })
    expect(fields).toEqual([...Array(4).fill(taken('username')), ...Array(4).fill(taken('email'))])
    expect(await Promise.all([idOf(username), idOf(email)])).toEqual([owner.id, owner.id])
    expect(await stateOf(mallory)).toEqual(before)
  })

  it.each(NONE)('has one name, and %s is none at all, to take or to sign in with', async (_, spell) => {
    const mallory = await signUp(app, 'mallory')
    const before = await stateOf(mallory)
    const [username, email] = spelled(spell)
    const faults = (await take(mallory, username, email)).map(faultsOf)
    expect(faults).toEqual([
      ...Array(4).fill([['input.username', 'INVALID']]),
      ...Array(4).fill([['input.email', 'INVALID']]),
    ])
    expect((await login(app, username)).codes).toEqual(['INVALID_CREDENTIALS'])
    expect((await login(app, email)).codes).toEqual(['INVALID_CREDENTIALS'])
    expect(await stateOf(mallory)).toEqual(before)
  })

  it('keeps to the spelling that it was given, whoever tried to take it', async () => {
    expect(owner.username).toMatch(/^Viktor/)
    expect(await stateOf(owner)).toMatchObject({ user: { username: owner.username, email: owner.email } })
  })
})
