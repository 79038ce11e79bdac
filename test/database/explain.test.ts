import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { hasNoMariaDb } from '../support/installed.ts'
import { seed } from '../support/seed.ts'
import { openSql, type Sql } from '../support/sql.ts'
import { type Person, signUp, signUpAdmin } from '../support/story.ts'

const USERS = 'nodes { id } pageInfo { startCursor endCursor }'
const ENTRIES = 'nodes { id action } pageInfo { startCursor endCursor }'
const ORDERS = ['CREATED_AT', 'USERNAME', 'EMAIL'].flatMap((field) =>
  ['ASC', 'DESC'].map((direction) => `orderBy: { field: ${field}, direction: ${direction} }`),
)
const ACTIVITY_FILTERS = [
  '{}',
  '{ userId: "$alice" }',
  '{ actorId: "$alice" }',
  '{ from: "2020-01-01T00:00:00.000Z", to: "2100-01-01T00:00:00.000Z" }',
  '{ actions: [USER_LOGIN, PROFILE_UPDATED] }',
  '{ actions: [USER_REGISTERED] }',
  '{ actions: [USER_REGISTERED, USER_LOGIN], from: "2020-01-01T00:00:00.000Z" }',
  '{ userId: "$alice", actions: [USER_LOGIN, USER_REGISTERED] }',
]

/** A list, and the path of its page in the answer. */
const LISTS: [what: string, list: string, selection: string][] = [
  ...ORDERS.map((order): [string, string, string] => [`users by ${order}`, `users(PAGE, ${order})`, USERS]),
  ['users of a search', 'users(PAGE, filter: { search: "user10" })', USERS],
  ['active users', 'users(PAGE, filter: { isActive: true })', USERS],
  ['disabled users', 'users(PAGE, filter: { isActive: false })', USERS],
  ['users of a role', 'users(PAGE, filter: { role: "user" })', USERS],
  ...ACTIVITY_FILTERS.map((filter): [string, string, string] => [
    `activities of ${filter}`,
    `activities(PAGE, filter: ${filter})`,
    ENTRIES,
  ]),
]

/** Many more than pages of 20 and their unions need, and few of the table. */
const MAX_ROWS_READ = 200

interface Plan {
  table: string
  type: string
  key: string | null
  Extra: string
  /** Of ANALYZE: how many rows were read. */
  r_rows: number | string | null
}

describe.skipIf(hasNoMariaDb)('MariaDB, among thousands of rows', () => {
  let app: TestApp
  let sql: Sql
  let chief: Person
  let alice: Person
  let sent: string[] = []

  beforeAll(async () => {
    app = await createTestApp({ backend: 'mysql', onQuery: (statement) => sent.push(statement) })
    await seed(app.env.DATABASE_URL ?? '', {
      users: 3000,
      administrators: 32,
      activities: 30_000,
      password: 'correct horse battery staple',
    })
    chief = await signUpAdmin(app)
    alice = await signUp(app, 'alice')
    sql = await openSql(app)
    await sql.run("update users set is_active = 0 where username_key = 'user7'")
    await sql.run('analyze table users, activities, sessions')
  }, 120_000)
  afterAll(async () => {
    await sql.close()
    await app.close()
  })

  /** The statement with existing values, because its plan depends on them. */
  const withValues = (statement: string, document: string) => {
    const action = /actions: \[(\w+)/.exec(document)?.[1] ?? 'USER_LOGIN'
    const isActive = document.includes('isActive: false') ? '0' : '1'
    const values: Record<string, string> = {
      action: `'${action}'`,
      role: "'user'",
      ends_at: 'now()',
      is_active: isActive,
    }
    let column = 'id'
    return statement.replace(/`?(\w+)`?\s*(?:<=|>=|=|<|>|in)\s*\(?\s*\?|limit \?|\?/g, (found, name?: string) => {
      if (found === 'limit ?') return 'limit 21'
      column = name ?? column
      const value =
        values[column] ?? (/_at$|timestamp/.test(column) ? "'2026-06-01 00:00:00.000'" : `'${textFor(column)}'`)
      return found.replace(/\?$/, value)
    })
  }
  const textFor = (column: string) => (/_key$/.test(column) ? 'user100' : alice.id)

  const plansOf = async (document: string): Promise<{ statement: string; plans: Plan[] }[]> => {
    sent = []
    const { errors } = await chief.client.run(document.replaceAll('$alice', alice.id))
    expect(errors).toEqual([])
    const reads = sent.filter((statement) => /^\s*(select|\()/i.test(statement))
    return Promise.all(
      reads.map(async (statement) => ({
        statement,
        plans: await sql.all<Plan>(`analyze ${withValues(statement, document)}`),
      })),
    )
  }

  const expectIndexed = (found: { statement: string; plans: Plan[] }[]) => {
    for (const { statement, plans } of found) {
      // A union of short pages may be sorted.
      for (const { table, type, key, Extra, r_rows } of plans.filter(({ table }) => /^[^<]/.test(table ?? '<'))) {
        expect(Extra, statement).not.toMatch(/filesort|temporary/i)
        expect({ table, isIndexed: key !== null && type !== 'ALL' }, statement).toEqual({ table, isIndexed: true })
        expect(Number(r_rows), statement).toBeLessThan(MAX_ROWS_READ)
      }
    }
  }

  it.each(LISTS)(
    'reads %s by an index and sorts nothing, at the start, after and before',
    async (_, list, selection) => {
      const first = await plansOf(`{ ${list.replace('PAGE', 'first: 20')} { ${selection} } }`)
      expect(first).toHaveLength(2)
      const field = list.slice(0, list.indexOf('('))
      type Listed = Record<string, { pageInfo: { startCursor: string | null; endCursor: string | null } }>
      const { data } = await chief.client.run<Listed, object>(
        `{ ${list.replace('PAGE', 'first: 1').replaceAll('$alice', alice.id)} { ${selection} } }`,
      )
      const cursor = data?.[field]?.pageInfo.endCursor
      expect(cursor).toEqual(expect.any(String))
      const after = await plansOf(`{ ${list.replace('PAGE', `first: 20, after: "${cursor}"`)} { ${selection} } }`)
      const before = await plansOf(`{ ${list.replace('PAGE', `last: 20, before: "${cursor}"`)} { ${selection} } }`)
      expectIndexed([...first, ...after, ...before])
    },
  )

  it.each(LISTS)('counts %s by an index', async (_, list) => {
    const found = await plansOf(`{ ${list.replace('PAGE', 'first: 1')} { totalCount } }`)
    for (const { statement, plans } of found.filter(({ statement }) => statement.includes('count(*)'))) {
      for (const { key } of plans.filter(({ table }) => /^[^<]/.test(table ?? '<')))
        expect(key, statement).toEqual(expect.any(String))
    }
  })

  it('reads the accounts of activities, and the activities and sessions of accounts, by an index', async () => {
    const found = await plansOf(`{
      activities(first: 20) { nodes { user { id } actor { id } } }
      users(first: 20) { nodes { activities(first: 5) { nodes { id } } } }
    }`)
    expectIndexed(found)
  })
})

/** Positions by the covering index, then their rows. */
const BY_ACTION = /(activities_action_timestamp_id \(action=\?\)|autoindex_activities_1 \(id=\?\))$/

describe('SQLite, without statistics', () => {
  let app: TestApp
  let sql: Sql
  let chief: Person
  let sent: string[] = []

  beforeAll(async () => {
    app = await createTestApp({ backend: 'sqlite', onQuery: (statement) => sent.push(statement) })
    chief = await signUpAdmin(app)
    sql = await openSql(app)
  })
  afterAll(async () => {
    await sql.close()
    await app.close()
  })

  it.each([
    ['activities', 'filter: {}', /^SCAN activities USING INDEX activities_timestamp_id$/],
    ['activities', 'filter: { actions: [USER_LOGIN] }', BY_ACTION],
    ['activities', 'filter: { actions: [USER_LOGIN, USER_LOGOUT] }', BY_ACTION],
    [
      'activities',
      'filter: { userId: "$me", actions: [USER_LOGIN] }',
      /activities_user_id_timestamp_id \(user_id=\?\)$/,
    ],
    ['activities', 'filter: { actorId: "$me", actions: [USER_LOGIN] }', /activities_actor_id_timestamp_id/],
    [
      'activities',
      'filter: { from: "2026-01-01T00:00:00.000Z" }',
      /(activities_timestamp_id \(timestamp>\?\)|autoindex_activities_1 \(id=\?\))$/,
    ],
    ['users', 'filter: { role: "user" }', /users_role_created_at_id \(role=\?\)$/],
    ['users', 'filter: { isActive: false }', /users_is_active_created_at_id \(is_active=\?\)$/],
    ['users', 'filter: { isActive: true }', /^SCAN users USING INDEX users_created_at_id$/],
    [
      'users',
      'filter: { isActive: true }, orderBy: { field: USERNAME }',
      /^SCAN users USING INDEX users_username_key$/,
    ],
    ['users', 'filter: { search: "ali", role: "user" }', /users_(username|email)_key \(/],
  ])('reads a page of %s with %s by the index in its order', async (field, args, index) => {
    sent = []
    const { codes } = await chief.client.run(`{ ${field}(${args.replace('$me', chief.id)}) { nodes { id } } }`)
    expect(codes).toEqual([])
    const page = sent.find((statement) => statement.includes(`from "${field}"`)) ?? ''
    const values = (page.match(/\?/g) ?? []).map(() => 1)
    const details = (await sql.all<{ detail: string }>(`explain query plan ${page}`, values)).map(
      ({ detail }) => detail,
    )
    const steps = details.filter((detail) => new RegExp(`^(SCAN|SEARCH) ${field}\\b`).test(detail))
    expect(steps.length).toBeGreaterThan(0)
    for (const step of steps) expect(step).toMatch(index)
    if (steps.length === 1) expect(details.join()).not.toContain('TEMP B-TREE')
  })
})
