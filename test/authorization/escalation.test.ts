import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import fc from 'fast-check'
import { createConnection } from 'mysql2/promise'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { App } from '../../src/app.ts'
import { Permission } from '../../src/authorization/permissions.ts'
import { createSecondInstance, createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { type Answer, TestClient } from '../support/client.ts'
import { hasNoMariaDb, hasNoRedis } from '../support/installed.ts'
import { CREATE_ROLE, DELETE_ROLE, GIVE_ROLE, makeRole, signUpWith, UPDATE_ROLE } from '../support/roles.ts'
import { RESET, turnOn } from '../support/second-factor.ts'
import { openSql, type Sql } from '../support/sql.ts'
import { PASSWORD, type Person, signIn, signUp, signUpAdmin } from '../support/story.ts'
import { activities } from '../support/tokens.ts'

type Name = keyof typeof Permission

const CREATE_USER = 'mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id } } }'
const CREATE_KEY = 'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { apiKey { id } secret } }'
const ALL = Object.keys(Permission) as Name[]
/** What a manager needs for every call below. */
const MANAGER: Name[] = [
  'PROFILE_READ',
  'PROFILE_UPDATE',
  'PROFILE_DELETE',
  'PROFILE_UPDATE_ANY',
  'PROFILE_DELETE_ANY',
  'USER_CREATE',
  'USER_READ',
  'USER_UPDATE',
  'USER_DELETE',
  'ROLE_MANAGE',
]
const MORE: Name[] = [...MANAGER, 'ACTIVITY_READ_OWN', 'ACTIVITY_READ_ANY']

/** Calls on another account. */
const ACTS: [string, string][] = [
  ['updateUser', 'mutation ($id: ID!) { updateUser(input: { userId: $id, displayName: "x" }) { user { id } } }'],
  ['updateUser without a change', 'mutation ($id: ID!) { updateUser(input: { userId: $id }) { user { id } } }'],
  ['updateProfile', 'mutation ($id: ID!) { updateProfile(input: { userId: $id, displayName: "x" }) { user { id } } }'],
  ['updateProfile without a change', 'mutation ($id: ID!) { updateProfile(input: { userId: $id }) { user { id } } }'],
  ['revokeUserSessions', 'mutation ($id: ID!) { revokeUserSessions(input: { userId: $id }) { revokedSessions } }'],
  ['deleteUser', 'mutation ($id: ID!) { deleteUser(input: { userId: $id }) { userId } }'],
  ['deleteProfile', 'mutation ($id: ID!) { deleteProfile(input: { userId: $id }) { userId } }'],
  ['resetSecondFactor', RESET],
]

const faultOf = ({ errors }: Answer<unknown>) => errors[0]?.extensions
const newAccount = (role?: string) => {
  const name = `u${randomUUID().slice(0, 18)}`
  return { username: name, email: `${name}@example.com`, password: PASSWORD, role }
}

describeEachBackend('nobody climbs', (backend) => {
  let app: TestApp
  let other: App
  let chief: Person
  let sql: Sql

  beforeAll(async () => {
    app = await createTestApp({ backend })
    other = await createSecondInstance(app)
    chief = await signUpAdmin(app)
    sql = await openSql(app)
  })
  afterAll(async () => {
    await sql.close()
    await other.close()
    await app.close()
  })

  it.each(ACTS)('by %s on an account that may do more, which is as it was afterwards', async (_, document) => {
    const manager = await signUpWith(app, chief, MANAGER)
    const mightier = await signUpWith(app, chief, MORE)
    await turnOn(mightier)
    const before = await sql.all('select * from users where id = ?', [mightier.id])
    for (const target of [mightier, chief]) {
      const lacks =
        target === chief ? ALL.filter((name) => !MANAGER.includes(name)) : ['ACTIVITY_READ_OWN', 'ACTIVITY_READ_ANY']
      const refused = await manager.client.run(document, { id: target.id })
      expect(faultOf(refused)).toEqual({ code: 'FORBIDDEN', permissions: lacks })
    }
    expect(await sql.all('select * from users where id = ?', [mightier.id])).toEqual(before)
    expect((await mightier.client.run('{ me { id } }')).codes).toEqual([])
    const denials = await activities(chief.client, { userId: manager.id, actions: ['ACCESS_DENIED'] })
    expect(denials).toHaveLength(1)
    // Of the same rights, or fewer, it works.
    const equal = await signUpWith(app, chief, MANAGER)
    await turnOn(equal)
    expect((await manager.client.run(document, { id: equal.id })).codes).toEqual([])
  })

  it('by giving a role that permits more: to a new account, to oneself, to another, or to all of a role', async () => {
    const manager = await signUpWith(app, chief, MANAGER)
    const [stronger, weaker] = [await makeRole(chief, MORE), await makeRole(chief, ['PROFILE_READ'])]
    const alice = await signUpWith(app, chief, [])
    const forbidden = { code: 'FORBIDDEN', permissions: ['ACTIVITY_READ_OWN', 'ACTIVITY_READ_ANY'] }
    const tries = [
      manager.client.run(CREATE_USER, { input: newAccount(stronger) }),
      manager.client.run(GIVE_ROLE, { id: manager.id, role: stronger }),
      manager.client.run(GIVE_ROLE, { id: alice.id, role: stronger }),
      manager.client.run(DELETE_ROLE, { input: { name: weaker, moveTo: stronger } }),
    ]
    for (const answer of await Promise.all(tries)) expect(faultOf(answer)).toEqual(forbidden)
    // The default role is given like any other.
    const plain = await manager.client.run(CREATE_USER, { input: newAccount() })
    expect(faultOf(plain)).toEqual({ code: 'FORBIDDEN', permissions: ['ACTIVITY_READ_OWN'] })
    expect(faultOf(await manager.client.run(GIVE_ROLE, { id: alice.id, role: 'admin' }))?.['code']).toBe('FORBIDDEN')
    await manager.client.get(CREATE_USER, { input: newAccount(weaker) })
    await manager.client.get(GIVE_ROLE, { id: alice.id, role: weaker })
  })

  it('by making, changing or removing a role that permits more, as it was or will be', async () => {
    const manager = await signUpWith(app, chief, MANAGER)
    const [stronger, weaker] = [await makeRole(chief, MORE), await makeRole(chief, ['PROFILE_READ'])]
    const forbidden = { code: 'FORBIDDEN', permissions: ['ACTIVITY_READ_OWN', 'ACTIVITY_READ_ANY'] }
    const calls: [string, object][] = [
      [CREATE_ROLE, { name: 'climbing', permissions: MORE }],
      [UPDATE_ROLE, { name: weaker, permissions: MORE }],
      [UPDATE_ROLE, { name: stronger, permissions: ['PROFILE_READ'] }],
      [UPDATE_ROLE, { name: stronger, description: 'x' }],
      [UPDATE_ROLE, { name: stronger }],
      [DELETE_ROLE, { name: stronger }],
      [DELETE_ROLE, { name: stronger, moveTo: weaker }],
    ]
    for (const [document, input] of calls)
      expect(faultOf(await manager.client.run(document, { input }))).toEqual(forbidden)
    // Told before the conflict that the role is built in.
    expect(faultOf(await manager.client.run(UPDATE_ROLE, { input: { name: 'admin' } }))?.['code']).toBe('FORBIDDEN')
    await manager.client.get(UPDATE_ROLE, { input: { name: weaker, permissions: ['PROFILE_UPDATE'] } })
    await manager.client.get(DELETE_ROLE, { input: { name: weaker } })
  })

  it('by a key: it may name nothing that its owner lacks, and counts for what it names itself', async () => {
    const manager = await signUpWith(app, chief, MANAGER)
    const permissions = [...MANAGER, 'TOKEN_INTROSPECT']
    expect(faultOf(await manager.client.run(CREATE_KEY, { input: { name: 'k', permissions } }))).toEqual({
      code: 'FORBIDDEN',
      permissions: ['TOKEN_INTROSPECT'],
    })
    const { createApiKey } = await chief.client.get<{ createApiKey: { secret: string } }, object>(CREATE_KEY, {
      input: { name: 'k', permissions: ['USER_UPDATE', 'USER_CREATE', 'PROFILE_READ'] },
    })
    const key = new TestClient(app.url, { token: createApiKey.secret })
    const rename = ACTS[0]?.[1] ?? ''
    const refused = await key.run(rename, { id: manager.id })
    expect(faultOf(refused)?.['permissions']).toEqual(
      MANAGER.filter((name) => !['USER_UPDATE', 'USER_CREATE', 'PROFILE_READ'].includes(name)),
    )
    const reader = await signUpWith(app, chief, ['PROFILE_READ'])
    await key.get(rename, { id: reader.id })
    expect((await key.run(CREATE_USER, { input: newAccount() })).codes).toEqual(['FORBIDDEN'])
  })

  it('by a key on its own owner, whom it could take over by an address', async () => {
    const { createApiKey } = await chief.client.get<{ createApiKey: { secret: string } }, object>(CREATE_KEY, {
      input: { name: 'k', permissions: ['USER_UPDATE', 'USER_DELETE'] },
    })
    const key = new TestClient(app.url, { token: createApiKey.secret })
    const before = await sql.all('select * from users where id = ?', [chief.id])
    const take =
      'mutation ($id: ID!) { updateUser(input: { userId: $id, email: "thief@example.com" }) { user { id } } }'
    const lacks = ALL.filter((name) => !['USER_UPDATE', 'USER_DELETE'].includes(name))
    expect(faultOf(await key.run(take, { id: chief.id }))).toEqual({ code: 'FORBIDDEN', permissions: lacks })
    expect(await sql.all('select * from users where id = ?', [chief.id])).toEqual(before)
    expect((await key.run(ACTS[0]?.[1] ?? '', { id: chief.id })).codes).toEqual([])
  })

  it('and is told all that is missing, of the account and both roles', async () => {
    const manager = await signUpWith(app, chief, MANAGER)
    const [one, two] = [await makeRole(chief, ['ACTIVITY_READ_ANY']), await makeRole(chief, ['TOKEN_INTROSPECT'])]
    const alice = await signUp(app)
    await chief.client.get(GIVE_ROLE, { id: alice.id, role: one })
    const forbidden = { code: 'FORBIDDEN', permissions: ['ACTIVITY_READ_ANY', 'TOKEN_INTROSPECT'] }
    for (const answer of [
      await manager.client.run(UPDATE_ROLE, { input: { name: one, permissions: ['TOKEN_INTROSPECT'] } }),
      await manager.client.run(GIVE_ROLE, { id: alice.id, role: two }),
      await manager.client.run(DELETE_ROLE, { input: { name: one, moveTo: two } }),
    ])
      expect(faultOf(answer)).toEqual(forbidden)
  })

  it('on an unknown account or role is NOT_FOUND first, for whoever may act on any', async () => {
    const manager = await signUpWith(app, chief, MANAGER)
    for (const [, document] of ACTS) {
      expect(faultOf(await manager.client.run(document, { id: randomUUID() }))).toEqual({ code: 'NOT_FOUND' })
    }
    expect(faultOf(await manager.client.run(UPDATE_ROLE, { input: { name: 'unknown', permissions: MORE } }))).toEqual({
      code: 'NOT_FOUND',
    })
  })

  it('leaves no account with a role that is gone, when roles are removed while they are given', async () => {
    const alice = await signUp(app)
    for (let round = 0; round < 10; round += 1) {
      const role = await makeRole(chief, ['PROFILE_READ'])
      const elsewhere = new TestClient(other.url, { token: chief.accessToken })
      const answers = await Promise.all([
        chief.client.run(GIVE_ROLE, { id: alice.id, role }),
        elsewhere.run(DELETE_ROLE, { input: { name: role } }),
        elsewhere.run(CREATE_USER, { input: newAccount(role) }),
        chief.client.run(DELETE_ROLE, { input: { name: role, moveTo: 'user' } }),
      ])
      for (const { codes } of answers)
        expect(['CONFLICT', 'NOT_FOUND', 'BAD_USER_INPUT', undefined]).toContain(codes[0])
      expect(await sql.all('select id from users where role not in (select name from roles)')).toEqual([])
    }
  })

  it('in any sequence of calls: what somebody comes to hold, whoever gave it held', async () => {
    const people = await Promise.all(Array.from({ length: 5 }, () => signUpWith(app, chief, ALL)))
    const roles = await Promise.all(Array.from({ length: 4 }, () => makeRole(chief, [])))
    const person = fc.integer({ min: 0, max: people.length - 1 })
    const role = fc.integer({ min: 0, max: roles.length - 1 })
    const some = fc.subarray(ALL, { maxLength: 8 })
    const call = fc.oneof(
      fc.record({ kind: fc.constant('give' as const), whom: person, role }),
      fc.record({ kind: fc.constant('change' as const), role, permissions: some }),
      fc.record({ kind: fc.constant('create' as const), role }),
      fc.record({ kind: fc.constant('key' as const), permissions: some }),
      fc.record({ kind: fc.constant('act' as const), whom: person, act: fc.integer({ min: 0, max: 4 }) }),
    )
    const steps = fc.array(fc.record({ by: person, call, isElsewhere: fc.boolean() }), { minLength: 10, maxLength: 25 })
    // Whole sets beside random ones, so that many calls are granted and many refused.
    const ofRole = fc.oneof(fc.subarray(ALL), fc.constant(MANAGER), fc.constant(MORE), fc.constant(ALL))
    const rights = fc.array(ofRole, { minLength: roles.length, maxLength: roles.length })
    const given = fc.array(role, { minLength: people.length, maxLength: people.length })
    const world = new World(app, sql, chief, people, roles)
    await fc.assert(
      fc.asyncProperty(rights, given, steps, async (permissions, roleOf, sequence) => {
        await world.reset(permissions, roleOf)
        for (const { by, call, isElsewhere } of sequence) await world.step(by, call, isElsewhere ? other : app)
      }),
      { numRuns: 15 },
    )
    expect(world.granted).toBeGreaterThan(20)
    expect(world.refused).toBeGreaterThan(20)
  })
})

type Call =
  | { kind: 'give'; whom: number; role: number }
  | { kind: 'change'; role: number; permissions: Name[] }
  | { kind: 'create'; role: number }
  | { kind: 'key'; permissions: Name[] }
  | { kind: 'act'; whom: number; act: number }

/** Managers with roles, and what each holds by the database, read without the service. */
class World {
  granted = 0
  refused = 0

  constructor(
    private readonly app: App,
    private readonly sql: Sql,
    private readonly chief: Person,
    private readonly people: Person[],
    private readonly roles: string[],
  ) {}

  async reset(permissions: Name[][], roleOf: number[]): Promise<void> {
    for (const [index, name] of this.roles.entries())
      await this.chief.client.get(UPDATE_ROLE, { input: { name, permissions: permissions[index] } })
    for (const [index, { id }] of this.people.entries())
      await this.chief.client.get(GIVE_ROLE, { id, role: this.roles[roleOf[index] ?? 0] })
    for (const [index, { username }] of this.people.entries()) {
      const codes = (await this.#clientOf(index, this.app).run('{ me { id } }')).codes
      if (codes.length > 0) this.people[index] = await signIn(this.app, username)
    }
  }

  async step(by: number, call: Call, instance: App): Promise<void> {
    const before = await this.#holdings()
    const actor = this.people[by]
    const held = before.get(actor?.id ?? '') ?? new Set()
    const { codes } = await this.#send(this.#clientOf(by, instance), call)
    const after = await this.#holdings()
    if (codes.length > 0) {
      this.refused += 1
      expect(after).toEqual(before)
      return
    }
    this.granted += 1
    for (const [id, rights] of after) {
      const gained = [...rights].filter((name) => !before.get(id)?.has(name))
      expect(gained.filter((name) => !held.has(name))).toEqual([])
    }
    if (call.kind === 'act' && call.whom !== by) {
      const target = before.get(this.people[call.whom]?.id ?? '') ?? new Set()
      expect([...target].filter((name) => !held.has(name))).toEqual([])
    }
  }

  #send(client: TestClient, call: Call): Promise<Answer<unknown>> {
    switch (call.kind) {
      case 'give':
        return client.run(GIVE_ROLE, { id: this.people[call.whom]?.id, role: this.roles[call.role] })
      case 'change':
        return client.run(UPDATE_ROLE, { input: { name: this.roles[call.role], permissions: call.permissions } })
      case 'create':
        return client.run(CREATE_USER, { input: newAccount(this.roles[call.role]) })
      case 'key':
        return client.run(CREATE_KEY, { input: { name: 'k', permissions: call.permissions } })
      case 'act':
        return client.run(ACTS[call.act]?.[1] ?? '', { id: this.people[call.whom]?.id })
    }
  }

  #clientOf(index: number, { url }: App): TestClient {
    return new TestClient(url, { token: this.people[index]?.accessToken ?? '' })
  }

  /** By account and by key: what it names, or its role permits. */
  async #holdings(): Promise<Map<string, Set<string>>> {
    const rows = await this.sql.all<{ id: string; permissions: string | null; role: string }>(
      `select u.id, r.permissions, u.role from users as u join roles as r on r.name = u.role
       union all select id, permissions, '' from api_keys`,
    )
    const builtIn = { admin: Object.values(Permission), user: [] } as Record<string, string[]>
    return new Map(
      rows.map(({ id, permissions, role }) => [
        id,
        new Set(permissions === null ? builtIn[role] : permissions.split(' ').filter(Boolean)),
      ]),
    )
  }
}

describe.skipIf(hasNoMariaDb || hasNoRedis)('a right that is lost while it is used (MariaDB, Redis)', () => {
  let app: TestApp
  let chief: Person

  beforeAll(async () => {
    app = await createTestApp({ backend: 'mysql' })
    chief = await signUpAdmin(app)
  })
  afterAll(() => app.close())

  /** Sends a call that waits for the lock of all rights, and meanwhile changes what its viewer may do. */
  async function overtaken(call: () => Promise<Answer<unknown>>, change: string, values: string[]) {
    const rival = await createConnection(app.env['DATABASE_URL'] ?? '')
    await rival.query('begin')
    await rival.query("update guards set turn = turn + 1 where name = 'administrators'")
    const answer = call()
    await waiting(rival)
    await rival.query(change, values)
    await rival.query('commit')
    await rival.end()
    return answer
  }

  async function waiting(rival: Awaited<ReturnType<typeof createConnection>>): Promise<void> {
    const waits = "select count(*) as n from information_schema.innodb_trx where trx_state = 'LOCK WAIT'"
    for (;;) {
      // The view is made anew 100 ms after the last look at it, at the earliest.
      await pause(150)
      const [[row]] = (await rival.query(waits)) as unknown as [{ n: number }[]]
      if (Number(row?.n) > 0) return
    }
  }

  const LOSSES: [string, string, string[]][] = [
    ['by demotion', "update users set role = 'user' where id = ?", ['FORBIDDEN']],
    [
      'by a change of the role',
      "update roles set permissions = 'role:manage user:update' where name = (select role from users where id = ?)",
      ['FORBIDDEN'],
    ],
    ['with the account disabled', 'update users set is_active = false where id = ?', ['UNAUTHENTICATED']],
    ['with the session ended', 'delete from sessions where user_id = ?', ['UNAUTHENTICATED']],
  ]

  it.each(LOSSES)('%s gives nothing any more', async (_, change, codes) => {
    const manager = await signUpWith(app, chief, MORE)
    const [alice, role] = [await signUp(app), await makeRole(chief, MORE)]
    const give = () => manager.client.run(GIVE_ROLE, { id: alice.id, role })
    expect((await overtaken(give, change, [manager.id])).codes).toEqual(codes)
    const trace = await chief.client.get('query ($id: ID!) { user(id: $id) { role { name } } }', { id: alice.id })
    expect(trace).toEqual({ user: { role: { name: 'user' } } })
  })

  it('does not act on an account that has become mightier meanwhile', async () => {
    const manager = await signUpWith(app, chief, MANAGER)
    const target = await signUpWith(app, chief, ['PROFILE_READ'])
    for (const [what, document] of ACTS.slice(0, 5)) {
      await chief.client.get(GIVE_ROLE, { id: target.id, role: await makeRole(chief, ['PROFILE_READ']) })
      const act = () => manager.client.run(document, { id: target.id })
      const { codes } = await overtaken(act, "update users set role = 'admin' where id = ?", [target.id])
      expect([what, codes]).toEqual([what, ['FORBIDDEN']])
    }
  })
})
