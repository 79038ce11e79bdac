import { Writable } from 'node:stream'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { App } from '../../src/app.ts'
import { createSecondInstance, createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { type Answer, TestClient } from '../support/client.ts'
import { CREATE_ROLE, DELETE_ROLE, GIVE_ROLE, makeRole, signUpWith, UPDATE_ROLE } from '../support/roles.ts'
import { openSql, type Sql } from '../support/sql.ts'
import { Statements } from '../support/statements.ts'
import { PASSWORD, type Person, signIn, signUp, signUpAdmin } from '../support/story.ts'
import { activities, faultsOf } from '../support/tokens.ts'

const ROLES = '{ roles { name description permissions isBuiltIn userCount } }'
const OWN = '{ me { role { name permissions } permissions } }'
const CREATE_USER = `mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id role { name } } } }`

interface Role {
  name: string
  description: string | null
  permissions: string[]
  isBuiltIn: boolean
  userCount: number | null
}

const faultOf = ({ errors }: Answer<unknown>) => errors[0]?.extensions

describeEachBackend('roles', (backend) => {
  const statements = new Statements()
  let app: TestApp
  let other: App
  let sql: Sql
  let chief: Person

  beforeAll(async () => {
    app = await createTestApp({ backend, onQuery: statements.onQuery })
    other = await createSecondInstance(app)
    sql = await openSql(app)
    chief = await signUpAdmin(app)
  })
  afterAll(async () => {
    await sql.close()
    await other.close()
    await app.close()
  })

  const listed = async (person: Person) => (await person.client.get<{ roles: Role[] }, object>(ROLES)).roles
  const on = (instance: App, { accessToken }: Person) => new TestClient(instance.url, { token: accessToken })

  it('are listed to everybody signed in, admin and user first, then by code point, and count for readers of users', async () => {
    const alice = await signUp(app)
    for (const name of ['zoo', 'a_b', 'a-b', 'ab'])
      await chief.client.get(CREATE_ROLE, { input: { name, permissions: [] } })
    const roles = await listed(alice)
    const names = roles.map(({ name }) => name)
    expect(names.slice(0, 2)).toEqual(['admin', 'user'])
    expect(names.slice(2)).toEqual(names.slice(2).toSorted((one, two) => (one < two ? -1 : 1)))
    expect(names).toEqual(expect.arrayContaining(['a-b', 'a_b', 'ab', 'zoo']))
    expect(roles.map(({ isBuiltIn }) => isBuiltIn)).toEqual(names.map((name) => ['admin', 'user'].includes(name)))
    expect(roles.every(({ userCount }) => userCount === null)).toBe(true)
    const counted = await listed(chief)
    expect(counted.find(({ name }) => name === 'admin')?.userCount).toBe(1)
    expect(counted.find(({ name }) => name === 'user')?.userCount).toBeGreaterThan(0)
    expect(counted.find(({ name }) => name === 'zoo')?.userCount).toBe(0)
  })

  it('hold each permission once, in the order of the enum, and leave a row that names them', async () => {
    const permissions = ['USER_READ', 'PROFILE_READ', 'USER_READ', 'ACTIVITY_READ_OWN']
    const input = { name: 'auditor', description: '  Reads.  ', permissions }
    const { createRole } = await chief.client.get<{ createRole: { role: Role } }, object>(CREATE_ROLE, { input })
    const role = { name: 'auditor', permissions: ['PROFILE_READ', 'ACTIVITY_READ_OWN', 'USER_READ'], isBuiltIn: false }
    expect(createRole.role).toEqual({ ...role, description: 'Reads.', userCount: 0 })
    await chief.client.get(UPDATE_ROLE, { input: { name: 'auditor', description: null } })
    await chief.client.get(UPDATE_ROLE, { input: { name: 'auditor', permissions: ['USER_READ'] } })
    expect((await listed(chief)).find(({ name }) => name === 'auditor')).toEqual({
      ...role,
      permissions: ['USER_READ'],
      description: null,
      userCount: 0,
    })
    await chief.client.get(DELETE_ROLE, { input: { name: 'auditor' } })
    const rows = await activities(chief.client, { actorId: chief.id })
    expect(rows.filter(({ details }) => details === 'auditor').map(({ action, userId }) => [action, userId])).toEqual([
      ['ROLE_CREATED', null],
      ['ROLE_UPDATED', null],
      ['ROLE_UPDATED', null],
      ['ROLE_DELETED', null],
    ])
  })

  it('that are changed to what they are leave no row', async () => {
    const name = await makeRole(chief, ['USER_READ', 'PROFILE_READ'])
    for (const input of [{ name }, { name, permissions: ['PROFILE_READ', 'USER_READ'] }, { name, description: ' ' }])
      await chief.client.get(UPDATE_ROLE, { input })
    const rows = await activities(chief.client, { actions: ['ROLE_UPDATED'] })
    expect(rows.filter(({ details }) => details === name)).toEqual([])
  })

  it('act on the next request of all who have them, on every instance', async () => {
    const manager = await signUpWith(app, chief, ['USER_READ'])
    const { me } = await on(other, manager).get<{ me: { role: Role; permissions: string[] } }, object>(OWN)
    expect(me.permissions).toEqual(['USER_READ'])
    expect((await on(other, manager).run('{ users { nodes { id } } }')).codes).toEqual([])
    await chief.client.get(UPDATE_ROLE, { input: { name: me.role.name, permissions: ['ACTIVITY_READ_ANY'] } })
    expect((await on(other, manager).run('{ users { nodes { id } } }')).codes).toEqual(['FORBIDDEN'])
    expect((await on(other, manager).run('{ activities { nodes { id } } }')).codes).toEqual([])
    await chief.client.get(DELETE_ROLE, { input: { name: me.role.name, moveTo: 'user' } })
    expect((await on(other, manager).run('{ activities { nodes { id } } }')).codes).toEqual(['FORBIDDEN'])
    expect(await on(other, manager).get(OWN)).toMatchObject({ me: { role: { name: 'user' } } })
  })

  it('may be named wherever one is: createUser, updateUser, the filter, and sign-ins answer what they permit', async () => {
    const role = await makeRole(chief, ['PROFILE_READ', 'USER_READ'])
    const input = { username: 'carol', email: 'carol@example.com', password: PASSWORD, role }
    await chief.client.get(CREATE_USER, { input })
    const dave = await signUp(app)
    await chief.client.get(GIVE_ROLE, { id: dave.id, role })
    const filtered = `query ($role: String) { users(filter: { role: $role }) { nodes { username role { name permissions } } totalCount } }`
    const answer = await chief.client.get<{ users: { nodes: { username: string }[]; totalCount: number } }, object>(
      filtered,
      { role },
    )
    expect(answer.users.nodes.map(({ username }) => username).toSorted()).toEqual(['carol', dave.username].toSorted())
    expect(answer.users.totalCount).toBe(2)
    for (const unknown of ['nobody', `${role} `, role.toUpperCase(), '', '__proto__', 'constructor'])
      expect(await chief.client.get(filtered, { role: unknown })).toEqual({ users: { nodes: [], totalCount: 0 } })
    const signIn = `mutation { login(input: { identifier: "carol", password: "${PASSWORD}" }) { user { permissions role { permissions } } } }`
    expect(await chief.client.get(signIn)).toEqual({
      login: {
        user: { permissions: ['PROFILE_READ', 'USER_READ'], role: { permissions: ['PROFILE_READ', 'USER_READ'] } },
      },
    })
  })

  it('that there are not are INVALID where one is given, beside the other faults', async () => {
    const alice = await signUp(app)
    for (const role of ['nobody', 'Admin', 'admin ', '', '__proto__', 'constructor', 'x'.repeat(5000)]) {
      const created = await chief.client.run(CREATE_USER, {
        input: { username: '!', email: 'x@example.com', password: PASSWORD, role },
      })
      expect(faultsOf(created)).toEqual(
        expect.arrayContaining([
          ['input.username', 'INVALID'],
          ['input.role', 'INVALID'],
        ]),
      )
      expect(faultsOf(await chief.client.run(GIVE_ROLE, { id: alice.id, role }))).toEqual([['input.role', 'INVALID']])
    }
    expect(faultsOf(await chief.client.run(GIVE_ROLE, { id: alice.id, role: null }))).toEqual([
      ['input.role', 'REQUIRED'],
    ])
  })

  it('have exact names', async () => {
    const faults: [string, string][] = [
      ['', 'TOO_SHORT'],
      ['a', 'TOO_SHORT'],
      ['x'.repeat(33), 'TOO_LONG'],
      ['Ab', 'INVALID'],
      ['ab ', 'INVALID'],
      [' ab', 'INVALID'],
      ['1a', 'INVALID'],
      ['-a', 'INVALID'],
      ['a.b', 'INVALID'],
      ['äb', 'INVALID'],
      ['ab\n', 'INVALID'],
      ['__proto__', 'INVALID'],
    ]
    for (const [name, code] of faults)
      for (const document of [CREATE_ROLE, UPDATE_ROLE, DELETE_ROLE]) {
        const input = document === DELETE_ROLE ? { name } : { name, permissions: [] }
        expect(faultsOf(await chief.client.run(document, { input }))).toEqual([['input.name', code]])
      }
    for (const name of ['ab', `x${'0'.repeat(31)}`, 'constructor'])
      if (!(await listed(chief)).some((role) => role.name === name))
        await chief.client.get(CREATE_ROLE, { input: { name, permissions: [] } })
  })

  it('refuse a description that is too long or holds control characters, and null permissions', async () => {
    const name = await makeRole(chief, [])
    const faults: [object, string, string][] = [
      [{ description: 'x'.repeat(201) }, 'input.description', 'TOO_LONG'],
      [{ description: 'a\u202eb' }, 'input.description', 'INVALID'],
      [{ description: 'a\nb' }, 'input.description', 'INVALID'],
      [{ permissions: null }, 'input.permissions', 'REQUIRED'],
    ]
    for (const [details, path, code] of faults)
      expect(faultsOf(await chief.client.run(UPDATE_ROLE, { input: { name, ...details } }))).toEqual([[path, code]])
    await chief.client.get(UPDATE_ROLE, { input: { name, description: '😀'.repeat(200) } })
  })

  it('conflict where a name is taken, is built in, is in use, or there are 100', async () => {
    const name = await makeRole(chief, [])
    for (const taken of [name, 'admin', 'user'])
      expect(faultOf(await chief.client.run(CREATE_ROLE, { input: { name: taken, permissions: [] } }))).toMatchObject({
        code: 'CONFLICT',
        field: 'name',
        fields: [{ path: 'input.name', code: 'TAKEN' }],
      })
    for (const builtIn of ['admin', 'user']) {
      for (const details of [{ description: 'x' }, { permissions: [] }])
        expect(faultOf(await chief.client.run(UPDATE_ROLE, { input: { name: builtIn, ...details } }))).toEqual({
          code: 'CONFLICT',
        })
      expect(faultOf(await chief.client.run(DELETE_ROLE, { input: { name: builtIn, moveTo: name } }))).toEqual({
        code: 'CONFLICT',
      })
    }
    const alice = await signUp(app)
    await chief.client.get(GIVE_ROLE, { id: alice.id, role: name })
    expect(faultOf(await chief.client.run(DELETE_ROLE, { input: { name } }))).toEqual({ code: 'CONFLICT' })
    const before = await listed(chief)
    for (let count = before.length; count < 100; count += 1)
      await sql.run("insert into roles (name, permissions) values (?, '')", [`filler-${count}`])
    expect(faultOf(await chief.client.run(CREATE_ROLE, { input: { name: 'one-more', permissions: [] } }))).toEqual({
      code: 'CONFLICT',
    })
    await sql.run("delete from roles where name like 'filler-%'")
    await chief.client.get(CREATE_ROLE, { input: { name: 'one-more', permissions: [] } })
  })

  it('are NOT_FOUND where an unknown one is changed, removed or moved to, and INVALID where moved to itself', async () => {
    const name = await makeRole(chief, [])
    for (const [document, input] of [
      [UPDATE_ROLE, { name: 'unknown' }],
      [DELETE_ROLE, { name: 'unknown' }],
      [DELETE_ROLE, { name, moveTo: 'unknown' }],
      [DELETE_ROLE, { name, moveTo: 'Admin' }],
      [DELETE_ROLE, { name, moveTo: 'user ' }],
      [DELETE_ROLE, { name, moveTo: '' }],
    ] as const)
      expect(faultOf(await chief.client.run(document, { input }))).toEqual({ code: 'NOT_FOUND' })
    for (const itself of [name, 'unknown'])
      expect(faultsOf(await chief.client.run(DELETE_ROLE, { input: { name: itself, moveTo: itself } }))).toEqual([
        ['input.moveTo', 'INVALID'],
      ])
  })

  it('that are removed move every account, more than a batch of them, without rows of their own', async () => {
    const [from, to] = [await makeRole(chief, ['USER_READ']), await makeRole(chief, ['PROFILE_READ'])]
    const alice = await signUp(app)
    await chief.client.get(GIVE_ROLE, { id: alice.id, role: from })
    for (let copy = 0; copy < 2100; copy += 300) await copyAccounts(alice.id, copy, 300)
    const input = { name: from, moveTo: to }
    const sent = await statements.of(async () =>
      expect(await chief.client.get(DELETE_ROLE, { input })).toEqual({ deleteRole: { name: from, movedUsers: 2101 } }),
    )
    // Each locks all rights anew, so that others have their turn between them.
    expect(sent.filter((sql) => /^update .guards/.test(sql))).toHaveLength(3)
    expect(
      await sql.all('select role, count(*) as n from users where role in (?, ?) group by role', [from, to]),
    ).toEqual([{ role: to, n: 2101 }])
    expect(await activities(chief.client, { userId: alice.id, actions: ['USER_ROLE_CHANGED'] })).toHaveLength(1)
    await sql.run("delete from users where username like 'copy-%'")
  })

  it('with a permission that this version does not know grant nothing by it, and keep it', async () => {
    const manager = await signUpWith(app, chief, ['USER_READ', 'USER_UPDATE', 'ROLE_MANAGE'])
    const { me } = await manager.client.get<{ me: { role: Role } }, object>(OWN)
    await sql.run("update roles set permissions = 'user:read future:thing' where name = ?", [me.role.name])
    expect(await manager.client.get(OWN)).toEqual({
      me: { role: { name: me.role.name, permissions: ['USER_READ'] }, permissions: ['USER_READ'] },
    })
    await chief.client.get(UPDATE_ROLE, { input: { name: me.role.name, description: 'Kept.' } })
    expect(await sql.all('select permissions from roles where name = ?', [me.role.name])).toEqual([
      { permissions: 'user:read future:thing' },
    ])
    // Whoever does not have it can neither give it nor act on those who have it.
    const lesser = await signUpWith(app, chief, ['USER_READ', 'USER_UPDATE'])
    const refused = await lesser.client.run(GIVE_ROLE, { id: lesser.id, role: me.role.name })
    expect(faultOf(refused)).toEqual({ code: 'FORBIDDEN', permissions: [] })
  })

  it('with a permission that this version does not know are told of in the log, once', async () => {
    const lines: string[] = []
    const logDestination = new Writable({
      write(line, _encoding, done) {
        lines.push(String(line))
        done()
      },
    })
    const logging = await createTestApp({ backend, env: { LOG_LEVEL: 'warn' }, logDestination })
    const database = await openSql(logging)
    await database.run("insert into roles (name, permissions) values ('odd', 'user:read future:thing')")
    const alice = await signUp(logging)
    for (let round = 0; round < 3; round += 1) await alice.client.get('{ roles { name } }')
    const told = lines.filter((line) => line.includes('future:thing'))
    expect(told).toHaveLength(1)
    expect(JSON.parse(told[0] ?? '')).toMatchObject({ level: 40, permission: 'future:thing' })
    await database.close()
    await logging.close()
  })

  it('survive a sign-in with a role that is gone as one that permits nothing', async () => {
    const alice = await signUp(app)
    await sql.run("update users set role = 'gone' where id = ?", [alice.id])
    const again = await signIn(app, alice.username)
    expect((await again.client.run('{ can(permission: PROFILE_READ) { allowed } }')).data).toEqual({
      can: { allowed: false },
    })
    await sql.run("update users set role = 'user' where id = ?", [alice.id])
  })

  async function copyAccounts(id: string, from: number, count: number): Promise<void> {
    const columns = 'email, display_name, role, is_active, password_hash, created_at, updated_at'
    const numbers = Array.from({ length: count }, (_, index) => `select ${from + index} as n`).join(' union all ')
    const name = (prefix: string) => (sql.isSqlite ? `'${prefix}' || n` : `concat('${prefix}', n)`)
    await sql.run(
      `insert into users (id, username, username_key, email_key, ${columns})
        select ${name('copy-')}, ${name('copy-')}, ${name('copy-')}, ${name('copy@')}, ${columns}
        from users, (${numbers}) as numbers where id = ?`,
      [id],
    )
  }
})
