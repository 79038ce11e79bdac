import { type Connection, createConnection } from 'mysql2/promise'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { hasNoMariaDb } from '../support/installed.ts'
import { createDatabase, startMariaDb, type TestMariaDb } from '../support/mariadb.ts'
import { signUp } from '../support/story.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'
import { login, PATIENCE, readiness, untilTrue } from './faults.ts'

const HEALING_MS = 5000

/** A server answers reads and refuses writes, as the old primary does after a failover, whose connections it keeps. */
describe.skipIf(hasNoMariaDb)('a database that has become read-only', () => {
  let database: TestMariaDb
  let successor: TestMariaDb
  let administrator: Connection
  let proxy: TcpProxy
  let app: TestApp
  let username: string

  beforeAll(async () => {
    ;[database, successor] = await Promise.all([startMariaDb(), startMariaDb()])
    administrator = await createConnection(database.url)
    const [url, copy] = [new URL(await createDatabase(database.url)), new URL(database.url)]
    const name = url.pathname.slice(1)
    const next = await createConnection(successor.url)
    await next.query(`create database ${name}`)
    for (const connection of [administrator, next]) {
      await connection.query("create user service@'%' identified by 'pw'")
      await connection.query(
        "grant create, alter, drop, index, references, select, insert, update, delete on *.* to service@'%'",
      )
    }
    await next.end()
    proxy = await TcpProxy.start(database.port)
    Object.assign(url, { username: 'service', password: 'pw' })
    Object.assign(copy, { username: 'service', password: 'pw', pathname: name, port: String(successor.port) })
    app = await createTestApp({ backend: 'sqlite', env: { DATABASE_URL: proxy.through(url.href) } })
    ;({ username } = await signUp(app))
    const { env } = app
    const other = await createTestApp({ backend: 'sqlite', env: { ...env, DATABASE_URL: copy.href } })
    await signUp(other, username.replace(/\d+$/, ''))
    await administrator.query(`use ${name}`)
    const names = await createConnection(copy.href)
    await names.query('update users set username = ?, username_key = ?', [username, username])
    await names.end()
    await other.close()
  }, 60_000)
  afterAll(async () => {
    await app.close()
    await proxy.close()
    await administrator.end()
    await Promise.all([database.stop(), successor.stop()])
  })

  it('is not ready, and is again when it may be written', async () => {
    expect((await readiness(app)).code).toBe(200)
    await administrator.query('set global read_only = 1')
    expect((await login(app, username)).codes).toEqual(['SERVICE_UNAVAILABLE'])
    expect(await readiness(app)).toMatchObject({ code: 503, body: { checks: { database: 'down' } } })
    await administrator.query('set global read_only = 0')
    expect((await readiness(app)).code).toBe(200)
    expect((await login(app, username)).codes).toEqual([])
  })

  it('is not ready where a table does not answer', async () => {
    await administrator.query('rename table guards to guards_away')
    expect((await readiness(app)).code).toBe(503)
    await administrator.query('rename table guards_away to guards')
    expect((await readiness(app)).code).toBe(200)
  })

  it('is left for its successor within 5 s, by sign-ins alone', async () => {
    await Promise.all(Array.from({ length: 12 }, () => login(app, username)))
    await administrator.query('set global read_only = 1')
    proxy.leadTo(successor.port)
    const healedMs = await untilTrue(HEALING_MS * PATIENCE, async () => {
      const all = await Promise.all(Array.from({ length: 12 }, () => login(app, username)))
      return all.every(({ codes }) => codes.length === 0)
    })
    expect(healedMs).toBeLessThan(HEALING_MS)
    expect((await readiness(app)).code).toBe(200)
  })
})
