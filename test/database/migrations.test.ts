import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createConnection } from 'mysql2/promise'
import { afterEach, beforeEach, expect, inject, it } from 'vitest'
import { type App, createApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { migrate, migrationStatus } from '../../src/database/migrations.ts'
import type { Orm } from '../../src/database/orm.ts'
import { StartRefusedError } from '../../src/errors.ts'
import { databaseParts } from '../../src/features.ts'
import { describeEachBackend } from '../support/app.ts'
import { openDatabaseOf } from '../support/database.ts'
import { createDatabase } from '../support/mariadb.ts'

describeEachBackend('migrations on a real database', (backend) => {
  const names = readdirSync(`migrations/${backend}`)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.replace('.ts', ''))
    .toSorted()
  let folder: string
  let env: Record<string, string>
  const opened: { close(): Promise<unknown> }[] = []

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-migrations-'))
    const isMySql = backend === 'mysql'
    const DATABASE_URL = isMySql ? await createDatabase(inject('mariaDbUrl') ?? '') : `sqlite:${join(folder, 'a.db')}`
    const SECRET_KEY = randomBytes(32).toString('base64url')
    env = { NODE_ENV: 'test', LOG_LEVEL: 'silent', PORT: '0', SECRET_KEY, DATABASE_URL }
  })
  afterEach(async () => {
    for (const one of opened.splice(0)) await one.close()
    await rm(folder, { recursive: true, force: true })
  })

  const open = async (): Promise<Orm> => {
    const orm = await openDatabaseOf(env)
    opened.push(orm)
    return orm
  }
  const start = async (): Promise<App> => {
    const app = await createApp(readConfig({ ...env, PASSWORD_HASH_MEMORY_KIB: '256', PASSWORD_HASH_ITERATIONS: '1' }))
    opened.push(app)
    return app
  }
  const tablesOf = async (orm: Orm): Promise<string[]> => {
    const sql =
      backend === 'mysql'
        ? 'select table_name as name from information_schema.tables where table_schema = database()'
        : "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'"
    const rows: { name: string }[] = await orm.em.execute(sql)
    return rows.map(({ name }) => name).filter((name) => name !== 'mikro_orm_migrations')
  }

  it('make every table, take all of them away again, and make them anew', async () => {
    const orm = await open()
    const { database } = readConfig(env)
    const tables = [...orm.em.getMetadata().getAll().values()].map(({ tableName }) => tableName).toSorted()
    expect(tables).toContain('users')
    for (const _ of ['once', 'twice']) {
      expect(await migrationStatus(orm)).toEqual(names.map((name) => ({ name, executedAt: null })))
      expect(await migrate(database, await databaseParts(database), orm)).toEqual(names)
      expect((await tablesOf(orm)).toSorted()).toEqual(tables)
      expect(await orm.em.execute('select name, turn from guards')).toEqual([{ name: 'administrators', turn: 0 }])
      expect(await migrate(database, await databaseParts(database), orm)).toEqual([])
      expect(await migrationStatus(orm)).toEqual(names.map((name) => ({ name, executedAt: expect.any(Date) })))
      await orm.migrator.down({ to: 0 })
      expect(await tablesOf(orm)).toEqual([])
    }
  })

  it('are told in UTC, wherever the process is', async () => {
    const zone = process.env.TZ
    process.env.TZ = 'Asia/Kolkata'
    try {
      const orm = await open()
      const { database } = readConfig(env)
      const began = Date.now() - 2000
      await migrate(database, await databaseParts(database), orm)
      for (const { executedAt } of await migrationStatus(orm)) {
        expect(executedAt?.getTime()).toBeGreaterThan(began)
        expect(executedAt?.getTime()).toBeLessThanOrEqual(Date.now())
      }
    } finally {
      if (zone === undefined) delete process.env.TZ
      else process.env.TZ = zone
    }
  })

  it('run once where two instances start at once, and both serve', async () => {
    const apps = await Promise.all([start(), start()])
    expect(await Promise.all(apps.map(({ ready }) => ready))).toEqual([true, true])
    const orm = await open()
    expect(await orm.em.execute('select name from mikro_orm_migrations')).toEqual(names.map((name) => ({ name })))
    const passwords = await Promise.all(apps.map((app) => app.createFirstAdmin()))
    expect(passwords.filter((password) => password !== null)).toHaveLength(1)
    for (const { url } of apps) expect((await fetch(`${url}/health/ready`)).status).toBe(200)
  })

  // SQLite has no locks on tables that a reader holds against a migration.
  it.skipIf(backend === 'sqlite')(
    'wait a little for a long read, let writers through, and say so plainly',
    async () => {
      const orm = await open()
      const { database } = readConfig(env)
      const parts = await databaseParts(database)
      await orm.migrator.up({ to: names[0] })
      const [reader, writer] = [
        await createConnection(env.DATABASE_URL ?? ''),
        await createConnection(env.DATABASE_URL ?? ''),
      ]
      opened.push({ close: () => reader.end() }, { close: () => writer.end() })
      await reader.beginTransaction()
      await reader.query('select * from users')
      const refused = migrate(database, parts, orm).catch((error: unknown) => error)
      let isOver = false
      void refused.then(() => {
        isOver = true
      })
      while (!isOver) {
        const began = performance.now()
        await writer.query("update users set display_name = null where id = 'nobody'")
        expect(performance.now() - began).toBeLessThan(2_500)
        await pause(50)
      }
      expect(await refused).toBeInstanceOf(StartRefusedError)
      expect(String(await refused)).toContain('Another statement or transaction holds a table')
      const waiting = migrate(database, parts, orm)
      await pause(1_500)
      await reader.rollback()
      expect(await waiting).toEqual(names.slice(1))
    },
  )

  it('refuse the start while they are pending and may not run', async () => {
    env = { ...env, MIGRATE_ON_START: 'false' }
    await expect(start()).rejects.toThrow(`Migrations are pending: ${names.join(', ')}. Run the command migrate first.`)
    const orm = await open()
    expect(await tablesOf(orm)).toEqual([])
    const { database } = readConfig(env)
    await migrate(database, await databaseParts(database), orm)
    expect(await (await start()).ready).toBe(true)
  })
})
