import { setTimeout as pause } from 'node:timers/promises'
import { createPool, type Pool } from 'mysql2'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { MysqlConnections } from '../../src/database/mysql-connections.ts'
import { armPool, type Deadlines } from '../../src/database/mysql-deadlines.ts'
import { hasNoMariaDb } from '../support/installed.ts'
import { startMariaDb, type TestMariaDb } from '../support/mariadb.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'

const TIMEOUT_MS = 200
const SIZE = 4

describe.skipIf(hasNoMariaDb)('connections to MySQL', () => {
  let database: TestMariaDb
  let proxy: TcpProxy

  beforeAll(async () => {
    database = await startMariaDb()
  }, 60_000)
  afterAll(() => database.stop())
  beforeEach(async () => {
    proxy = await TcpProxy.start(database.port)
    onTestFinished(() => proxy.close())
  })

  function open(deadlines: Partial<Deadlines> = {}) {
    const pool: Pool = createPool({ uri: proxy.through(database.url), connectionLimit: SIZE })
    armPool(pool, { timeoutMs: TIMEOUT_MS, ...deadlines })
    const connections = new MysqlConnections(pool)
    onTestFinished(() => connections.close())
    const send = (sql: string) =>
      connections.provideConnection((connection) => connection.executeQuery({ sql, parameters: [] } as never))
    const idOfConnection = async () => (await send('select connection_id() as id')).rows[0]
    const useAll = () => Promise.allSettled(Array.from({ length: SIZE }, () => send('select sleep(0.05)')))
    return { send, idOfConnection, useAll }
  }

  it('outlive a silence with nothing to say, and keep their deadline', async () => {
    const { send, idOfConnection } = open()
    const before = await idOfConnection()
    await pause(TIMEOUT_MS * 3)
    expect(await idOfConnection()).toEqual(before)
    await pause(TIMEOUT_MS * 3)
    await expect(send('select sleep(5)')).rejects.toThrow('The database is silent.')
    expect(await idOfConnection()).not.toEqual(before)
  })

  it('keep their deadline after this process has stalled', async () => {
    const { send } = open()
    const slow = send('select sleep(0.1)')
    await pause(50)
    const stalledUntil = performance.now() + TIMEOUT_MS * 2
    while (performance.now() < stalledUntil);
    await slow
    await expect(send('select sleep(5)')).rejects.toThrow('The database is silent.')
  })

  it('end when they were idle for long, at both ends', async () => {
    const { useAll, idOfConnection } = open({ idleMs: TIMEOUT_MS })
    await useAll()
    expect(proxy.connections).toBe(SIZE)
    await expect.poll(() => proxy.connections, { timeout: 5_000 }).toBe(0)
    await idOfConnection()
    expect(proxy.connections).toBe(1)
  })

  it('are all given up once one of them is found silent', async () => {
    const { send, useAll } = open()
    await useAll()
    proxy.forgetConnections()
    await expect(send('select 1')).rejects.toThrow('The database is silent.')
    expect((await useAll()).map(({ status }) => status)).toEqual(Array(SIZE).fill('fulfilled'))
  })

  it('are ended by the server as well when the service has left without a word', async () => {
    const { send } = open()
    const { rows } = await send('select @@session.wait_timeout as seconds')
    expect(rows).toEqual([{ seconds: 120 }])
  })
})
