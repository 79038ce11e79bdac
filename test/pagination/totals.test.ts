import { afterAll, beforeAll, expect, it } from 'vitest'
import { ActivityAction } from '../../src/activity/actions.ts'
import { createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { type Person, signUp, signUpAdmin } from '../support/story.ts'

const LIMIT = 10_000
const BATCH = 1_000
const TOTALS = 'totalCount totalCountIsExact'

interface Totals {
  totalCount: number
  totalCountIsExact: boolean
}

describeEachBackend('a total count', (backend) => {
  let app: TestApp
  let counts: string[] = []
  let chief: Person
  let alice: Person
  let bob: Person

  beforeAll(async () => {
    const onQuery = (sql: string) => {
      if (sql.includes('count(*)')) counts.push(sql)
    }
    app = await createTestApp({ backend, onQuery })
    chief = await signUpAdmin(app)
    alice = await signUp(app, 'alice')
    bob = await signUp(app, 'bob')
    for (let written = 0; written < LIMIT; written += BATCH) await record(BATCH)
  }, 60_000)
  afterAll(() => app.close())

  const record = (count: number) => {
    const occurrence = { action: ActivityAction.EMAIL_CHANGED, userId: alice.id, actorId: alice.id }
    return app.services().activity.record(...Array.from({ length: count }, () => occurrence))
  }
  const ofActions = async (actions: string) =>
    (
      await chief.client.get<{ activities: Totals }, object>(
        `{ activities(filter: { actions: ${actions} }) { ${TOTALS} } }`,
      )
    ).activities
  const ofAccounts = async (filter: string) => {
    const document = `query ($a: ID!, $b: ID!) {
      alice: user(id: $a) { activities(filter: ${filter}) { ${TOTALS} } }
      bob: user(id: $b) { activities(filter: ${filter}) { ${TOTALS} } }
    }`
    type Data = Record<'alice' | 'bob', { activities: Totals }>
    const found = await chief.client.get<Data, object>(document, { a: alice.id, b: bob.id })
    return [found.alice.activities, found.bob.activities]
  }

  it('is exact up to 10,000, and stops there and says so', async () => {
    const exact = { totalCount: LIMIT, totalCountIsExact: true }
    const none = { totalCount: 0, totalCountIsExact: true }
    expect(await ofActions('[EMAIL_CHANGED]')).toEqual(exact)
    expect(await ofAccounts('{ actions: [EMAIL_CHANGED] }')).toEqual([exact, none])
    await record(1)
    const more = { totalCount: LIMIT, totalCountIsExact: false }
    // Other filters for the same rows, because a total may be 5 seconds old.
    expect(await ofActions('[EMAIL_CHANGED, EMAIL_CHANGED]')).toEqual(more)
    expect(await ofActions('[EMAIL_CHANGED, PASSWORD_CHANGED]')).toEqual(more)
    expect(await ofAccounts('{ actions: [EMAIL_CHANGED] }')).toEqual([more, none])
    expect(await ofAccounts(`{ userId: "${bob.id}" }`)).toEqual([none, { totalCount: 2, totalCountIsExact: true }])
  })

  it('costs one statement for its two fields, which stops, and none where neither is asked for', async () => {
    counts = []
    await chief.client.get(
      `{ users(filter: { search: "one" }) { ${TOTALS} } activities(filter: { actions: [USER_LOGOUT] }) { ${TOTALS} } }`,
    )
    await chief.client.get(
      `{ users(filter: { search: "two" }) { nodes { activities { ${TOTALS} } } } me { activities { ${TOTALS} } } }`,
    )
    expect(counts).toHaveLength(3)
    for (const sql of counts) expect(sql).toContain('limit 10001')
    await chief.client.get(
      '{ users(filter: { search: "three" }) { nodes { activities { nodes { id } } } } activities { nodes { id } } }',
    )
    expect(counts).toHaveLength(3)
  })
})
