import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { CompiledQuery, Kysely } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { type DatabaseConfig, readConfig } from '../../src/config.ts'
import { createMysqlDialect } from '../../src/database/mysql.ts'
import type { PoolUsage } from '../../src/database/observer.ts'
import { hasNoMariaDb } from '../support/installed.ts'
import { createDatabase, startMariaDb, type TestMariaDb } from '../support/mariadb.ts'
import { errorPacket, TcpProxy } from '../support/tcp-proxy.ts'

const TIMEOUT_MS = 400
const SIZE = 4

function configOf(DATABASE_URL: string, size: number): DatabaseConfig {
  return readConfig({ SECRET_KEY: 'none', DATABASE_URL, DATABASE_POOL_SIZE: String(size) }).database
}

describe.skipIf(hasNoMariaDb)('connections to MySQL', () => {
  let database: TestMariaDb
  let proxy: TcpProxy
  let url: string

  beforeAll(async () => {
    database = await startMariaDb()
    url = await createDatabase(database.url)
  }, 60_000)
  afterAll(() => database.stop())
  beforeEach(async () => {
    proxy = await TcpProxy.start(database.port)
    onTestFinished(() => proxy.close())
  })

  function open({ idleMs = 30_000, timeoutMs = TIMEOUT_MS } = {}) {
    const dialect = createMysqlDialect(configOf(proxy.through(url), SIZE), { timeoutMs, idleMs })
    const kysely = new Kysely<object>({ dialect })
    onTestFinished(() => kysely.destroy())
    const send = (sql: string) => kysely.executeQuery<Record<string, unknown>>(CompiledQuery.raw(sql))
    const idOfConnection = async () => (await send('select connection_id() as id')).rows[0]
    const useAll = () => Promise.allSettled(Array.from({ length: SIZE }, () => send('select sleep(0.05)')))
    return { send, idOfConnection, useAll }
  }

  it('reach a server at an IPv6 address in brackets', async () => {
    const listener = createServer((client) => {
      const server = connect(database.port, '127.0.0.1')
      for (const socket of [client, server]) socket.on('error', () => undefined)
      client.pipe(server).pipe(client)
    })
    await once(listener.listen(0, '::1'), 'listening')
    onTestFinished(() => void listener.close())
    const address = `[::1]:${(listener.address() as AddressInfo).port}`
    const dialect = createMysqlDialect(configOf(url.replace(/127\.0\.0\.1:\d+/, address), 1), {
      timeoutMs: 400,
      idleMs: 400,
    })
    const kysely = new Kysely<object>({ dialect })
    const { rows } = await kysely.executeQuery(CompiledQuery.raw('select 1 as one'))
    expect(rows).toEqual([{ one: 1 }])
    await kysely.destroy()
  })

  it('are counted while they are in use, and those who wait for one', async () => {
    let usage: (() => PoolUsage) | undefined
    const onPool = (read: () => PoolUsage) => {
      usage = read
    }
    const config = configOf(proxy.through(url), SIZE)
    const kysely = new Kysely<object>({
      dialect: createMysqlDialect(config, { timeoutMs: TIMEOUT_MS, idleMs: 30_000 }, { onPool }),
    })
    onTestFinished(() => kysely.destroy())
    const send = (sql: string) => kysely.executeQuery(CompiledQuery.raw(sql))
    await send('select 1')
    expect(usage?.()).toEqual({ used: 0, max: SIZE, waiting: 0 })
    const all = Promise.allSettled(Array.from({ length: SIZE + 2 }, () => send('select sleep(0.1)')))
    await vi.waitUntil(() => usage?.().used === SIZE)
    expect(usage?.()).toEqual({ used: SIZE, max: SIZE, waiting: 2 })
    await all
    expect(usage?.()).toEqual({ used: 0, max: SIZE, waiting: 0 })
    await expect(send('select sleep(5)')).rejects.toThrow('The database is silent.')
    await Promise.allSettled(Array.from({ length: SIZE + 2 }, () => send('select sleep(5)')))
    expect(usage?.()).toEqual({ used: 0, max: SIZE, waiting: 0 })
  })

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
    await send('select 1')
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

  it.each([1290, 1792, 1836, 1047])(
    'are all given up once the server refuses with %i, those in use at their end',
    async (errno) => {
      const { send, useAll } = open({ timeoutMs: 5_000 })
      await useAll()
      const before = (await idsOf(send)).toSorted()
      const inUse = send('select sleep(0.3), connection_id() as id')
      await pause(50)
      const refused = proxy.answerAt('update', errorPacket(errno, 'HY000', 'refused'))
      await expect(send("update nothing set a = 'b'")).rejects.toMatchObject({ errno })
      await refused
      const old = (await inUse).rows[0]?.id
      expect(before).toContain(old)
      const after = await idsOf(send)
      expect(after.filter((id) => before.includes(id))).toEqual([])
      expect(after).toHaveLength(SIZE)
    },
  )

  /** The ids of all connections, each held for a moment. */
  async function idsOf(send: ReturnType<typeof open>['send']): Promise<unknown[]> {
    const answers = await Promise.all(
      Array.from({ length: SIZE }, () => send('select sleep(0.1), connection_id() as id')),
    )
    return [...new Set(answers.map(({ rows }) => rows[0]?.id))]
  }

  it('leave no socket behind where the server does not answer their end', async () => {
    const { send, useAll } = open({ idleMs: TIMEOUT_MS * 3 })
    await useAll()
    proxy.blackHole()
    await expect(send('select 1')).rejects.toThrow('The database is silent.')
    await expect.poll(() => proxy.connections, { timeout: 5_000 }).toBe(0)
  })

  it('are ended by the server as well when the service has left without a word', async () => {
    const { send } = open()
    const { rows } = await send('select @@session.wait_timeout as seconds')
    expect(rows).toEqual([{ seconds: 120 }])
  })
})
