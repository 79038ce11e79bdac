import { afterAll, beforeAll, expect, it } from 'vitest'
import { ActivityAction } from '../../src/activity/actions.ts'
import { readConfig } from '../../src/config.ts'
import { newId } from '../../src/database/ids.ts'
import { openOperator } from '../../src/operations/operator.ts'
import { createSecondInstance, createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { openSql, type Sql } from '../support/sql.ts'
import { Statements } from '../support/statements.ts'
import { PASSWORD, type Person, signUp, signUpAdmin } from '../support/story.ts'

const OWN = 3_000
const ATTEMPTS = 200
const BY_OTHERS = 150
/** Of one statement. */
const MOST_ROWS = 100
const MOST_STATEMENTS = 40
const DELETE = 'mutation ($password: String) { deleteProfile(input: { currentPassword: $password }) { userId } }'

describeEachBackend('deleteProfile of an account with thousands of activities', (backend) => {
  const statements = new Statements()
  let app: TestApp
  let sql: Sql
  let chief: Person
  let bob: Person

  beforeAll(async () => {
    app = await createTestApp({ backend, onQuery: statements.onQuery })
    sql = await openSql(app)
    chief = await signUpAdmin(app)
    bob = await signUp(app, 'bob')
    await addEntries(bob.id, bob.id, 20)
  })
  afterAll(async () => {
    await sql.close()
    await app.close()
  })

  /** With addresses, as if they came over HTTP. */
  async function addEntries(userId: string, actorId: string | null, count: number): Promise<void> {
    const row = `(?, '${ActivityAction.PROFILE_UPDATED}', '192.0.2.7', 'a browser', ?, ?, ?)`
    for (let left = count; left > 0; left -= 100) {
      const rows = Array.from({ length: Math.min(100, left) }, () => [
        newId(),
        sql.isSqlite ? 1_700_000_000_000 : '2023-11-14 22:13:20.000',
        userId,
        actorId,
      ])
      await sql.run(
        `insert into activities (id, action, ip_address, user_agent, timestamp, user_id, actor_id) values ${rows.map(() => row)}`,
        rows.flat(),
      )
    }
  }
  async function grown(): Promise<Person> {
    const alice = await signUp(app, 'alice')
    await addEntries(alice.id, alice.id, OWN)
    await addEntries(alice.id, null, ATTEMPTS)
    await addEntries(alice.id, chief.id, BY_OTHERS)
    await addEntries(bob.id, alice.id, 10)
    return alice
  }
  const count = async (where: string, ...values: string[]): Promise<number> =>
    Number((await sql.all<{ n: number }>(`select count(*) as n from ${where}`, values))[0]?.n)
  const addressed = (where: string, ...values: string[]) =>
    count(`activities where (ip_address is not null or user_agent is not null) and ${where}`, ...values)
  const left = (id: string) => addressed('(actor_id = ? or (user_id = ? and actor_id is null))', id, id)
  const planned = () => count('address_clearings')
  async function prune(): Promise<number> {
    const operator = await openOperator(readConfig(app.env))
    const { addresses } = await operator.prune()
    await operator.close()
    return addresses
  }
  const rowsIn = (statement: string) => statement.match(/\?/g)?.length ?? 0

  it('removes the account at once, and clears addresses in a few small batches; prune does the rest', async () => {
    const alice = await grown()
    const others = await addressed('actor_id <> ?', alice.id)
    const sent = await statements.of(() => alice.client.get(DELETE, { password: PASSWORD }))
    expect(sent.length).toBeLessThan(MOST_STATEMENTS)
    for (const statement of sent.filter((text) => /activities/.test(text)))
      expect(rowsIn(statement)).toBeLessThan(MOST_ROWS + 12)
    expect(await count('users where id = ?', alice.id)).toBe(0)
    expect(await count('sessions where user_id = ?', alice.id)).toBe(0)
    const remaining = await left(alice.id)
    expect(remaining).toBeGreaterThan(OWN / 2)
    expect(remaining).toBeLessThan(OWN)
    expect(await planned()).toBe(1)
    expect(await prune()).toBe(remaining)
    expect([await left(alice.id), await planned()]).toEqual([0, 0])
    expect(await addressed('user_id = ? and actor_id = ?', alice.id, chief.id)).toBe(BY_OTHERS)
    expect(await addressed('actor_id <> ?', alice.id)).toBe(others)
    expect(await prune()).toBe(0)
  })

  it('is finished by the next start where the process was killed after the account was removed', async () => {
    const alice = await grown()
    await sql.run('delete from users where id = ?', [alice.id])
    await sql.run('insert into address_clearings (user_id) values (?)', [alice.id])
    const service = await createSecondInstance(app)
    await expect.poll(planned, { timeout: 20_000 }).toBe(0)
    expect(await left(alice.id)).toBe(0)
    await service.close()
  })

  it('succeeds where clearing fails, which is done later then', async () => {
    const alice = await signUp(app, 'alice')
    await sql.run(
      `create trigger refuse_updates before update on activities for each row ${
        sql.isSqlite
          ? "begin select raise(abort, 'refused'); end"
          : "signal sqlstate '45000' set message_text = 'refused'"
      }`,
    )
    await alice.client.get(DELETE, { password: PASSWORD })
    await sql.run('drop trigger refuse_updates')
    expect(await count('users where id = ?', alice.id)).toBe(0)
    expect([await left(alice.id), await planned()]).toEqual([3, 1])
    expect(await prune()).toBe(3)
    expect([await left(alice.id), await planned()]).toEqual([0, 0])
  })

  it('with nothing planned, reads no activity', async () => {
    const sent = await statements.of(async () => {
      const service = await createSecondInstance(app, { onQuery: statements.onQuery })
      await service.ready
      await expect.poll(() => statements.sent().some((text) => /address_clearings/.test(text))).toBe(true)
      await service.close()
    })
    expect(sent.filter((text) => /activities/.test(text))).toEqual([])
  })

  it.skipIf(backend === 'sqlite')('locks only the rows of a batch', async () => {
    const ids = await sql.all<{ id: string }>('select id from activities order by id limit 100')
    await sql.run('analyze table activities')
    const [plan] = await sql.all<{ type: string; key: string; rows: number }>(
      `explain update activities set ip_address = null, user_agent = null
       where id in (${ids.map(() => '?')}) and (ip_address is not null or user_agent is not null) and actor_id is null`,
      ids.map(({ id }) => id),
    )
    expect(plan).toMatchObject({ type: 'range', key: 'PRIMARY' })
    expect(Number(plan?.rows)).toBeLessThanOrEqual(100)
  })
})
