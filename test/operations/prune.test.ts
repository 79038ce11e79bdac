import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { ActivityAction } from '../../src/activity/actions.ts'
import { readConfig } from '../../src/config.ts'
import { type Operator, openOperator } from '../../src/operations/operator.ts'
import { createSecondInstance, createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { createTestClock } from '../support/clock.ts'
import { openSql, type Sql } from '../support/sql.ts'
import { type Person, signIn, signUp } from '../support/story.ts'

const DAY_SECONDS = 86_400
/** More than two batches. */
const OLD = 1_100

describeEachBackend('prune', (backend) => {
  let app: TestApp
  let operator: Operator
  let sql: Sql
  let bob: Person

  beforeAll(async () => {
    // Sessions end after 14 days without refresh.
    const clock = createTestClock(new Date(Date.now() - 20 * DAY_SECONDS * 1000))
    app = await createTestApp({ backend, clock: clock.now })
    sql = await openSql(app)
    operator = await openOperator(readConfig(app.env))
    const alice = await signUp(app, 'alice')
    await signIn(app, alice.username)
    await app.services().mailTokens.issue('verify-email', alice.id, alice.email)
    const entry = { action: ActivityAction.PROFILE_UPDATED, userId: alice.id, actorId: alice.id }
    for (let count = 0; count < OLD; count += 100)
      await app.services().activity.record(...Array.from({ length: 100 }, () => entry))
    clock.advance(20 * DAY_SECONDS)
    bob = await signUp(app, 'bob')
  })
  afterAll(async () => {
    await Promise.all([operator.close(), sql.close()])
    await app.close()
  })

  const count = async (table: string): Promise<number> =>
    Number((await sql.all<{ total: number }>(`select count(*) as total from ${table}`))[0]?.total)

  it('removes sessions that have ended, and no other, and leaves activity alone', async () => {
    const before = await count('activities')
    const removed = { sessions: 2, keys: 0, activities: 0, addresses: 0, deliveries: 0, mailTokens: 1, apiKeys: 0 }
    expect(await operator.prune()).toEqual(removed)
    expect([await count('sessions'), await count('activities')]).toEqual([1, before])
    expect(await bob.client.get('{ me { username } }')).toEqual({ me: { username: bob.username } })
  })

  it('removes what was delivered or given up over 7 days ago, nothing that waits, and expired tokens of mails', async () => {
    const { mailTokens } = app.services()
    await mailTokens.issue('verify-email', bob.id, bob.email)
    // As many as there are activities, and as old.
    const columns = 'id, delivery, kind, user_id, payload, attempts, due_at, created_at, done_at, outcome'
    const done = "id, 'mail', 'verify-email', null, '{}', 1, timestamp, timestamp, timestamp, 'sent'"
    await sql.run(`insert into outbox_messages (${columns}) select ${done} from activities`)
    const waiting = "'waiting', 'mail', 'verify-email', null, '{}', 1, timestamp, timestamp, null, null"
    await sql.run(`insert into outbox_messages (${columns}) select ${waiting} from activities order by id limit 1`)
    const young = await sql.all(
      "select id from outbox_messages where id = 'waiting' or id in (select id from activities where user_id = ?)",
      [bob.id],
    )
    const before = await count('outbox_messages')
    const removed = await operator.prune()
    expect(removed).toMatchObject({ deliveries: before - young.length, mailTokens: 0 })
    expect(young.length).toBeGreaterThan(1)
    expect(await count('outbox_messages')).toBe(young.length)
    expect(await count('mail_tokens')).toBe(1)
  })

  it('removes activity that is older than asked, all of it, and none that is younger', async () => {
    const before = await count('activities')
    expect(await operator.prune({ activitiesOlderThanDays: 21 })).toMatchObject({ activities: 0 })
    const { activities } = await operator.prune({ activitiesOlderThanDays: 19 })
    expect(activities).toBeGreaterThanOrEqual(OLD)
    expect(await count('activities')).toBe(before - activities)
    const kept = await sql.all<{ action: string }>('select action from activities order by timestamp')
    expect(kept.map(({ action }) => action)).toEqual(['USER_REGISTERED', 'USER_LOGIN'])
  })

  it('tells of rows that it removed, of two at once each of its own', async () => {
    const entry = { action: ActivityAction.PROFILE_UPDATED, userId: bob.id, actorId: bob.id }
    for (let count = 0; count < OLD; count += 100)
      await app.services().activity.record(...Array.from({ length: 100 }, () => entry))
    for (let count = 0; count < 10; count += 1) await signIn(app, bob.username)
    await sql.run('update sessions set ends_at = created_at where id <> ?', [bob.sessionId])
    const before = [await count('sessions'), await count('activities')]
    const second = await openOperator(readConfig(app.env))
    const removed = await Promise.all([operator, second].map((one) => one.prune({ activitiesOlderThanDays: 0 })))
    await second.close()
    const after = [await count('sessions'), await count('activities')]
    expect(after).toEqual([1, 0])
    const sum = (what: 'sessions' | 'activities') => removed.reduce((total, one) => total + one[what], 0)
    expect([sum('sessions'), sum('activities')]).toEqual([Number(before[0]) - 1, before[1]])
  })

  it('is done by the service itself once an hour, for sessions', async () => {
    await sql.run('update sessions set ends_at = created_at')
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const service = await createSecondInstance(app)
    try {
      await service.ready
      const before = await count('activities')
      vi.advanceTimersByTime(3_599_000)
      expect(await count('sessions')).toBe(1)
      vi.advanceTimersByTime(2_000)
      await expect.poll(() => count('sessions')).toBe(0)
      expect(await count('activities')).toBe(before)
    } finally {
      vi.useRealTimers()
      await service.close()
    }
  })
})
