import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { openSql, type Sql } from '../support/sql.ts'
import { PASSWORD, type Person, signIn, signUp, signUpAdmin } from '../support/story.ts'
import { codesOf, login, refresh } from '../support/tokens.ts'

const WAYS: [string, string][] = [
  ['deleteUser', 'mutation ($id: ID!) { deleteUser(input: { userId: $id }) { userId } }'],
  ['deleteProfile', 'mutation ($id: ID!) { deleteProfile(input: { userId: $id }) { userId } }'],
]
const ENTRIES = `query ($filter: ActivityFilter) { activities(first: 100, filter: $filter) {
  nodes { action userId actorId details ipAddress userAgent user { id } actor { id } }
} }`

interface Entry {
  action: string
  userId: string | null
  actorId: string | null
  details: string | null
  ipAddress: string | null
  userAgent: string | null
  user: { id: string } | null
  actor: { id: string } | null
}

describeEachBackend('a deleted account', (backend) => {
  let app: TestApp
  let sql: Sql
  let chief: Person

  beforeAll(async () => {
    app = await createTestApp({ backend })
    sql = await openSql(app)
    chief = await signUpAdmin(app)
  })
  afterAll(async () => {
    await sql.close()
    await app.close()
  })

  const entries = async (filter: object) =>
    (await chief.client.get<{ activities: { nodes: Entry[] } }, object>(ENTRIES, { filter })).activities.nodes

  it.each(WAYS)('is gone after %s: account, names, sessions, values, tokens (ASVS 7.4.2)', async (_, remove) => {
    const alice = await signUp(app, 'alice')
    const second = await signIn(app, alice.username)
    await alice.client.get('mutation { setSessionValue(input: { key: "k", value: 1 }) { session { id } } }')
    await chief.client.get(remove, { id: alice.id })
    expect(await chief.client.get('query ($id: ID!) { user(id: $id) { id } }', { id: alice.id })).toEqual({
      user: null,
    })
    expect(
      await chief.client.get('query ($s: String) { users(filter: { search: $s }) { nodes { id } } }', {
        s: alice.username,
      }),
    ).toEqual({ users: { nodes: [] } })
    for (const { accessToken, refreshToken } of [alice, second]) {
      expect(await codesOf(app, accessToken)).toEqual(['UNAUTHENTICATED'])
      expect((await refresh(app, refreshToken)).codes).toEqual(['REFRESH_TOKEN_INVALID'])
    }
    for (const identifier of [alice.username, alice.email])
      expect((await login(app, identifier)).codes).toEqual(['INVALID_CREDENTIALS'])
    const ids = [alice.sessionId, second.sessionId]
    expect(await sql.all('select id from sessions where user_id = ? or id in (?, ?)', [alice.id, ...ids])).toEqual([])
    expect(await sql.all('select * from session_values where session_id in (?, ?)', ids)).toEqual([])
    expect((await chief.client.run(remove, { id: alice.id })).codes).toEqual(['NOT_FOUND'])
    const input = { username: alice.username.toUpperCase(), email: alice.email, password: PASSWORD }
    const again = 'mutation ($input: RegisterInput!) { register(input: $input) { user { id } } }'
    const { register } = await chief.client.get<{ register: { user: { id: string } } }, object>(again, { input })
    expect(register.user.id).not.toBe(alice.id)
    expect(await codesOf(app, alice.accessToken)).toEqual(['UNAUTHENTICATED'])
    expect((await entries({ userId: register.user.id })).map(({ action }) => action)).toEqual(['USER_REGISTERED'])
  })

  it.each(WAYS)('keeps its ids in the activity after %s, with user and actor null', async (field, remove) => {
    const alice = await signUp(app, 'alice')
    await chief.client.get(
      'mutation ($id: ID!) { updateUser(input: { userId: $id, displayName: "x" }) { user { id } } }',
      { id: alice.id },
    )
    await login(app, alice.username, 'wrong')
    await chief.client.get(remove, { id: alice.id })
    const found = await entries({ userId: alice.id })
    const last = field === 'deleteUser' ? 'USER_DELETED' : 'PROFILE_DELETED'
    expect(found.map(({ action, actorId }) => [action, actorId])).toEqual([
      [last, chief.id],
      ['USER_LOGIN_FAILED', null],
      ['USER_UPDATED', chief.id],
      ['USER_LOGIN', alice.id],
      ['USER_REGISTERED', alice.id],
    ])
    for (const { user, actor, actorId } of found)
      expect([user, actor]).toEqual([null, actorId === chief.id ? { id: chief.id } : null])
  })

  it('loses its addresses by deleteProfile, where it acted and where somebody tried to be it, and nobody else does', async () => {
    const [alice, bob] = [await signUp(app, 'alice'), await signUp(app, 'bob')]
    await login(app, alice.username, 'wrong')
    await login(app, 'nobody-at-all', 'wrong')
    await chief.client.get(
      'mutation ($id: ID!) { updateUser(input: { userId: $id, displayName: "x" }) { user { id } } }',
      { id: alice.id },
    )
    await alice.client.get('mutation ($p: String) { deleteProfile(input: { currentPassword: $p }) { userId } }', {
      p: PASSWORD,
    })
    const shown = async (filter: object) =>
      (await entries(filter)).map(({ action, actorId, ipAddress, userAgent }) => [
        action,
        actorId,
        ipAddress !== null,
        userAgent !== null,
      ])
    expect(await shown({ userId: alice.id })).toEqual([
      ['PROFILE_DELETED', alice.id, false, false],
      ['USER_UPDATED', chief.id, true, true],
      ['USER_LOGIN_FAILED', null, false, false],
      ['USER_LOGIN', alice.id, false, false],
      ['USER_REGISTERED', alice.id, false, false],
    ])
    expect((await shown({ actorId: bob.id })).every(([, , address, agent]) => address && agent)).toBe(true)
    const strangers = (await entries({ actions: ['USER_LOGIN_FAILED'] })).filter(({ userId }) => userId === null)
    expect(strangers.length).toBeGreaterThan(0)
    for (const { ipAddress, userAgent } of strangers)
      expect([ipAddress, userAgent]).toEqual(['127.0.0.1', expect.any(String)])
  })

  it('as an administrator loses the addresses of what it did to others', async () => {
    const [second, bob] = [await signUpAdmin(app), await signUp(app, 'bob')]
    await second.client.get(
      'mutation ($id: ID!) { updateUser(input: { userId: $id, displayName: "x" }) { user { id } } }',
      { id: bob.id },
    )
    await chief.client.get('mutation ($id: ID!) { deleteProfile(input: { userId: $id }) { userId } }', {
      id: second.id,
    })
    const [entry] = await entries({ userId: bob.id, actions: ['USER_UPDATED'] })
    expect(entry).toMatchObject({
      actorId: second.id,
      actor: null,
      ipAddress: null,
      userAgent: null,
      user: { id: bob.id },
    })
    const [last] = await entries({ userId: second.id, actions: ['PROFILE_DELETED'] })
    expect(last).toMatchObject({ actorId: chief.id, ipAddress: '127.0.0.1' })
  })

  it('keeps its addresses by deleteUser', async () => {
    const alice = await signUp(app, 'alice')
    await chief.client.get('mutation ($id: ID!) { deleteUser(input: { userId: $id }) { userId } }', { id: alice.id })
    for (const { ipAddress } of await entries({ userId: alice.id })) expect(ipAddress).toBe('127.0.0.1')
  })

  it('leaves no name or address in any entry', async () => {
    const rows = await sql.all<{ details: string | null }>('select details from activities where details is not null')
    for (const { details } of rows) expect(details).not.toMatch(/alice|bob|chief|@/i)
  })
})
