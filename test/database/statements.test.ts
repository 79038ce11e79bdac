import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { graphql } from '../support/generated/gql.ts'
import { Statements } from '../support/statements.ts'
import { type Person, signUp, signUpAdmin } from '../support/story.ts'

const ME = graphql(`query Me { me { id username email displayName role { name permissions } lastLoginAt } }`)
const USERS = graphql(`
  query UsersWithActivities {
    users(first: 20) { nodes { id username activities(first: 5) { nodes { action timestamp } } } }
  }
`)
const ACTIVITIES = graphql(`
  query ActivitiesWithUsers {
    activities(first: 100) { nodes { action user { id username } actor { id username } } }
  }
`)
const RENAME = graphql(`
  mutation Rename($input: UpdateProfileInput!) { updateProfile(input: $input) { user { displayName } } }
`)

/** The look-up of the viewer counts too. */
describeEachBackend('SQL statements of an operation', (backend) => {
  const statements = new Statements()
  let app: TestApp
  let chief: Person

  beforeAll(async () => {
    app = await createTestApp({ backend, onQuery: statements.onQuery })
    chief = await signUpAdmin(app)
    for (let account = 0; account < 5; account++) await signUp(app)
  })
  afterAll(() => app.close())

  test('me: 1', async () => {
    expect(await statements.of(() => chief.client.get(ME))).toHaveLength(1)
  })

  test('users with their newest activities: 3', async () => {
    const sent = await statements.of(async () => {
      const { users } = await chief.client.get(USERS)
      expect(users?.nodes.length).toBe(6)
      for (const { activities } of users?.nodes ?? []) expect(activities?.nodes.length).toBeGreaterThan(1)
    })
    expect(sent).toHaveLength(3)
  })

  test('activities with their users: 3', async () => {
    const sent = await statements.of(async () => {
      const { activities } = await chief.client.get(ACTIVITIES)
      expect(activities?.nodes.length).toBeGreaterThan(10)
      expect(activities?.nodes.every(({ user, actor }) => user !== null && actor !== null)).toBe(true)
    })
    expect(sent).toHaveLength(3)
  })

  test('a change of the own display name: 1 read, 2 writes', async () => {
    const sent = await statements.of(() => chief.client.get(RENAME, { input: { displayName: 'Ada' } }))
    const isRead = (sql: string) => /^\s*select/i.test(sql)
    expect(sent.filter(isRead)).toHaveLength(1)
    expect(sent.filter((sql) => !isRead(sql))).toHaveLength(2)
  })
})
