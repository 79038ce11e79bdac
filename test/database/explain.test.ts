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
]

/** A list, and the path of its page in the answer. */
const LISTS: [what: string, list: string, selection: string][] = [
  ...ORDERS.map((order): [string, string, string] => [`users by ${order}`, `users(PAGE, ${order})`, USERS]),
  ['users of a search', 'users(PAGE, filter: { search: "user10" })', USERS],
  ['active users', 'users(PAGE, filter: { isActive: true })', USERS],
  ['users of a role', 'users(PAGE, filter: { role: "user" })', USERS],
  ...ACTIVITY_FILTERS.map((filter): [string, string, string] => [
    `activities of ${filter}`,
    `activities(PAGE, filter: ${filter})`,
    ENTRIES,
  ]),
]

interface Plan {
  table: string
  type: string
  key: string | null
  Extra: string
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
    await sql.run('analyze table users, activities, sessions')
  }, 120_000)
  afterAll(async () => {
    await sql.close()
    await app.close()
  })

  /** The statement with existing values, because its plan depends on them. */
  const withValues = (statement: string) => {
    const values: Record<string, string> = { action: "'USER_LOGIN'", role: "'user'", ends_at: 'now()', is_active: '1' }
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
      reads.map(async (statement) => ({ statement, plans: await sql.all<Plan>(`explain ${withValues(statement)}`) })),
    )
  }

  const expectIndexed = (found: { statement: string; plans: Plan[] }[]) => {
    for (const { statement, plans } of found) {
      expect(plans.map(({ Extra }) => Extra).join(), statement).not.toMatch(/filesort|temporary/i)
      for (const { table, type, key } of plans.filter(({ table }) => !/^<(derived|union)/.test(table ?? '<union')))
        expect({ table, isIndexed: key !== null && type !== 'ALL' }, statement).toEqual({ table, isIndexed: true })
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

  it('reads the accounts of activities, and the activities and sessions of accounts, by an index', async () => {
    const found = await plansOf(`{
      activities(first: 20) { nodes { user { id } actor { id } } }
      users(first: 20) { nodes { activities(first: 5) { nodes { id } } } }
    }`)
    expectIndexed(found)
  })
})
