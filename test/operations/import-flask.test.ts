import { execFileSync } from 'node:child_process'
import { resolve } from 'node:path'
import { createConnection } from 'mysql2/promise'
import { beforeAll, describe, expect, inject, it } from 'vitest'
import { createTestApp, describeEachBackend } from '../support/app.ts'
import { importFlask } from '../support/import.ts'
import { hasNoFlask, hasNoMariaDb, PYTHON } from '../support/installed.ts'
import { createDatabase } from '../support/mariadb.ts'
import { openSql } from '../support/sql.ts'
import { signUp, signUpAdmin } from '../support/story.ts'
import { activities, login } from '../support/tokens.ts'

const TEMPLATE = resolve(import.meta.dirname, 'flask/template.py')

describe.skipIf(hasNoMariaDb || hasNoFlask)('import-flask', () => {
  let source: string

  beforeAll(async () => {
    source = await createDatabase(inject('mariaDbUrl') ?? '')
    execFileSync(PYTHON, [TEMPLATE, source.replace('mysql:', 'mysql+pymysql:')])
  })

  const run = async (...statements: string[]): Promise<void> => {
    const connection = await createConnection(source)
    for (const statement of statements) await connection.query(statement)
    await connection.end()
  }

  describeEachBackend('of what the models of the template made', (backend) => {
    it('takes each row over, or tells why not; each account once, however often it runs', async () => {
      const app = await createTestApp({ backend })
      const sql = await openSql(app)
      const chief = await signUpAdmin(app)
      const dry = await importFlask(app, source, { isDryRun: true })
      expect(dry.out).toMatch(/^Would be: 4 imported, /)
      const told = await importFlask(app, source)
      expect(told.faults).toEqual([
        'users 2: username: This username is already taken.',
        expect.stringMatching(/^users 5: password_hash: A bare digest/),
        expect.stringMatching(/^users 6: username: A username has at most 64/),
        expect.stringMatching(/^users 6: email: /),
        expect.stringMatching(/^users 7: username: A username is made of/),
        'users 8: email: This email is already taken.',
        'users 9: email: This is not an e-mail address.',
        'users 10: role: There is no such role.',
        expect.stringMatching(/^users 11: username: A username is made of/),
        expect.stringMatching(/^users 11: email: /),
        'activities 5: user_id: Its account was not imported.',
        'activities 6: timestamp: This is needed.',
      ])
      expect(told.counts).toEqual({ imported: 4, updated: 0, skipped: 0, failed: 10, activities: 4 })

      const rows = await sql.all('select username, role, is_active from users where id <> ? order by username', [
        chief.id,
      ])
      expect(rows.map((row) => ({ ...(row as object) }))).toEqual([
        { username: 'alice', role: 'admin', is_active: 1 },
        { username: 'gone', role: 'user', is_active: 0 },
        { username: 'nulls', role: 'user', is_active: 1 },
        { username: 'tokyo', role: 'user', is_active: 1 },
      ])
      const { users } = await chief.client.get<{ users: { nodes: { id: string; createdAt: string }[] } }, object>(
        '{ users(filter: { search: "alice" }) { nodes { id createdAt lastLoginAt } } }',
      )
      const alice = users.nodes[0]?.id ?? ''
      expect(users.nodes).toEqual([
        { id: alice, createdAt: '2021-03-04T05:06:07.000Z', lastLoginAt: '2024-02-29T23:59:59.000Z' },
      ])
      const left = await activities(chief.client, { to: '2025-01-01T00:00:00Z' })
      expect(left.map((entry) => Object.values(entry).join()).toSorted()).toEqual([
        `USER_LOGIN,${alice},${alice},`,
        'USER_LOGIN_FAILED,,,',
        `USER_LOGIN_FAILED,${alice},,`,
        `USER_UPDATED,${alice},${alice},Invoice printed`,
      ])
      expect((await login(app, 'alice', 'the password of alice 1')).codes).toEqual([])

      // One was deleted here since, and one has another name.
      await sql.run("delete from users where username = 'tokyo'")
      await sql.run("update users set username = 'free', username_key = 'free' where username = 'nulls'")
      const again = await importFlask(app, source)
      expect(again.counts).toMatchObject({ imported: 0, skipped: 4, activities: 0 })
      expect(await sql.all("select 1 from users where username in ('tokyo', 'nulls')")).toEqual([])
      await sql.close()
      await app.close()
    })
  })

  it('takes other names of columns, bits, and TIMESTAMP in UTC; a table of activities is not needed', async () => {
    const other = await createDatabase(inject('mariaDbUrl') ?? '')
    const [name, from] = [other.split('/').at(-1), source.split('/').at(-1)]
    await run(
      `create table ${name}.users (ID int primary key, username varchar(80), email varchar(120),
        password varchar(255), active bit(1), registered_at timestamp null)`,
      "set session time_zone = '+05:30'",
      `insert into ${name}.users select id, username, email, password_hash, b'0', '2022-01-01 05:30:00'
        from ${from}.users where username = 'alice'`,
    )
    const app = await createTestApp({ backend: 'sqlite' })
    const sql = await openSql(app)
    expect(await importFlask(app, other)).toMatchObject({ faults: [], counts: { imported: 1, activities: 0 } })
    expect(await sql.all('select created_at from users')).toMatchObject([{ created_at: Date.UTC(2022, 0, 1) }])
    expect((await login(app, 'alice', 'the password of alice 1')).codes).toEqual(['ACCOUNT_DISABLED'])
    await sql.close()
    await app.close()
  })

  it('refuses an address that is none, or a database without the tables, and repeats neither', async () => {
    const app = await createTestApp({ backend: 'sqlite' })
    const empty = await createDatabase(inject('mariaDbUrl') ?? '')
    await expect(importFlask(app, empty)).rejects.toThrow('The database at --database-url has no table users.')
    for (const url of ['sqlite:x.db', 'mysql://u:hunter2@127.0.0.1:1', 'hunter2'])
      await expect(importFlask(app, url)).rejects.toThrow(/^--database-url must be mysql:/)
    await app.close()
  })

  it('leaves an account alone that has registered here under the same name', async () => {
    const app = await createTestApp({ backend: 'sqlite' })
    const alice = await signUp(app, 'someone')
    const sql = await openSql(app)
    await sql.run("update users set username = 'alice', username_key = 'alice' where id = ?", [alice.id])
    expect((await importFlask(app, source)).faults).toContain('users 1: username: This username is already taken.')
    expect((await login(app, 'alice')).codes).toEqual([])
    await sql.close()
    await app.close()
  })
})
