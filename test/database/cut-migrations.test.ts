import { setTimeout as pause } from 'node:timers/promises'
import type { MigrationObject } from '@mikro-orm/core'
import { Migration } from '@mikro-orm/migrations'
import { createConnection } from 'mysql2/promise'
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest'
import { type DatabaseConfig, readConfig } from '../../src/config.ts'
import { isUnavailable } from '../../src/database/faults.ts'
import { migrate, migrationStatus } from '../../src/database/migrations.ts'
import { type DatabaseParts, type Orm, openDatabase } from '../../src/database/orm.ts'
import { StartRefusedError } from '../../src/errors.ts'
import { databaseParts } from '../../src/features.ts'
import { hasNoMariaDb } from '../support/installed.ts'
import { createDatabase, startMariaDb, type TestMariaDb } from '../support/mariadb.ts'
import { openSql } from '../support/sql.ts'

/** Statements in the words of MikroORM that the migrations do not have yet. */
const CHANGES: MigrationObject[] = [
  migrationOf('Migration1', [
    'create table `parents` (`id` int not null, primary key (`id`)) engine = InnoDB;',
    'create table `notes` (`a` int not null, `b` int not null, `c` int null, `parent` int not null, primary key (`a`)) engine = InnoDB;',
    'alter table `notes` add index `notes_b` (`b`);',
    'alter table `notes` add unique index `notes_c` (`c`);',
    'alter table `notes` add constraint `notes_parent_foreign` foreign key (`parent`) references `parents` (`id`);',
    'insert ignore into `parents` values (1);',
    'insert ignore into `notes` values (1, 2, 3, 1);',
  ]),
  migrationOf('Migration2', [
    "alter table `notes` add `d` int null, add `e` varchar(10) not null default 'x';",
    'alter table `notes` modify `a` bigint not null;',
    'alter table `notes` change `b` `better` int not null;',
    'alter table `notes` change `e` `e` varchar(20) not null;',
    'alter table `notes` rename index `notes_b` to `notes_better`;',
    'alter table `notes` add constraint `notes_better_check` check (`better` > 0);',
    'alter table `notes` drop foreign key `notes_parent_foreign`;',
    'alter table `notes` drop index `notes_parent_foreign`;',
    'alter table `notes` drop index `notes_c`;',
    'alter table `notes` drop column `c`, drop column `parent`;',
    'alter table `notes` drop primary key;',
    'alter table `notes` add primary key (`a`, `better`);',
    'drop table if exists `parents`;',
  ]),
]

function migrationOf(name: string, statements: string[]): MigrationObject {
  return {
    name,
    class: class extends Migration {
      override up(): void {
        for (const statement of statements) this.addSql(statement)
      }
    },
  }
}

/** The same migration over a connection that the server ends after each statement that it runs for the first time. */
function cutAfterEach({ name, class: Original }: MigrationObject): MigrationObject {
  const seen = new Set<unknown>()
  class Cut extends (Original as new (
    ...values: ConstructorParameters<typeof Migration>
  ) => Migration & { up(): void }) {
    override async execute(...[statement, values]: Parameters<Migration['execute']>) {
      const result = await super.execute(statement, values)
      if (/^(select|set) /.test(String(statement)) || seen.has(statement)) return result
      seen.add(statement)
      return super.execute('kill connection_id()')
    }
  }
  return { name, class: Cut }
}

describe.skipIf(hasNoMariaDb)('a migration on MySQL that is cut off', () => {
  let uncut: string
  const opened: Orm[] = []

  beforeAll(async () => {
    uncut = await createDatabase(inject('mariaDbUrl') ?? '')
    await migrateAll(uncut, await databaseParts(configOf(uncut)))
  })
  afterEach(async () => {
    for (const orm of opened.splice(0)) await orm.close()
  })

  const configOf = (url: string): DatabaseConfig =>
    readConfig({ SECRET_KEY: 'not needed for migrations', DATABASE_URL: url }).database
  const open = async (url: string, parts: DatabaseParts): Promise<Orm> => {
    const orm = await openDatabase(configOf(url), parts)
    opened.push(orm)
    return orm
  }
  async function migrateAll(url: string, parts: DatabaseParts): Promise<string[]> {
    return migrate(configOf(url), parts, await open(url, parts))
  }

  /** Cuts each run after its first new statement until nothing is left. Returns how many runs it took. */
  async function migrateInPieces(url: string, parts: DatabaseParts, between: () => Promise<void>): Promise<number> {
    const cut = { ...parts, migrations: parts.migrations.map(cutAfterEach) }
    const orm = await open(url, cut)
    for (let runs = 1; ; runs += 1) {
      const end = await migrate(configOf(url), cut, orm).then(
        () => 'done',
        (error: unknown) => (isUnavailable(error) ? 'cut' : String(error)),
      )
      if (end === 'done') return runs
      expect(end).toBe('cut')
      await between()
    }
  }

  it('is finished by the next, after each statement of each, and rows stay', async () => {
    const url = await createDatabase(inject('mariaDbUrl') ?? '')
    const parts = await databaseParts(configOf(url))
    const orm = await open(url, parts)
    let isFilled = false
    const runs = await migrateInPieces(url, parts, async () => {
      const [first] = await migrationStatus(orm)
      if (isFilled || !first?.executedAt) return
      const values = `'0', 'ada', 'ada', 'ada@example.com', 'ada@example.com', 'user', 1, 'none', now(), now()`
      await orm.em.execute(
        `insert into users (id, username, username_key, email, email_key, role, is_active, password_hash, created_at, updated_at) values (${values})`,
      )
      isFilled = true
    })
    expect(runs).toBeGreaterThan(20)
    expect(await schemaOf(url)).toEqual(await schemaOf(uncut))
    expect(await orm.em.execute('select username from users')).toEqual([{ username: 'ada' }])
    expect(await orm.em.execute('select name from guards')).toEqual([{ name: 'administrators' }])
    expect(await orm.em.execute('select name from mikro_orm_migrations order by id')).toEqual(
      parts.migrations.map(({ name }) => ({ name })),
    )
  })

  it('is finished by the next, with every kind of statement that MikroORM writes', async () => {
    const [whole, pieces] = [
      await createDatabase(inject('mariaDbUrl') ?? ''),
      await createDatabase(inject('mariaDbUrl') ?? ''),
    ]
    const { entities } = await databaseParts(configOf(whole))
    const parts = { entities, migrations: CHANGES }
    await migrateAll(whole, parts)
    expect(await migrateInPieces(pieces, parts, async () => {})).toBeGreaterThan(20)
    expect(await schemaOf(pieces)).toEqual(await schemaOf(whole))
    const sql = await openSql({ env: { DATABASE_URL: pieces } })
    expect(await sql.all('select a, better, d, e from notes')).toEqual([{ a: 1, better: 2, d: null, e: 'x' }])
    await sql.close()
  })

  it('waits for another process, and goes on once that has ended or died', async () => {
    const url = await createDatabase(inject('mariaDbUrl') ?? '')
    const parts = await databaseParts(configOf(url))
    const orm = await open(url, parts)
    await migrationStatus(orm)
    const other = await createConnection(url)
    await other.beginTransaction()
    await other.query("insert into mikro_orm_migrations (id, name) values (-1, 'lock')")
    let isOver = false
    const waiting = migrate(configOf(url), parts, orm).finally(() => {
      isOver = true
    })
    await pause(1_500)
    expect(isOver).toBe(false)
    other.destroy()
    expect(await waiting).toEqual(parts.migrations.map(({ name }) => name))
    expect(await schemaOf(url)).toEqual(await schemaOf(uncut))
  })

  it('is told from another process, by name, statement and cause, at once and without values', async () => {
    const url = await createDatabase(inject('mariaDbUrl') ?? '')
    const parts = await databaseParts(configOf(url))
    const orm = await open(url, parts)
    await orm.em.execute('create table users (id int)')
    const error: unknown = await migrate(configOf(url), parts, orm).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(StartRefusedError)
    expect((error as Error).message).toBe(
      `The migration ${parts.migrations[0]?.name} failed at 'alter users': Database error ER_KEY_COLUMN_DOES_NOT_EXITS. Run the command migrate again once the cause is mended; it goes on from there.`,
    )
    await orm.em.execute('drop table users')
    expect(await migrate(configOf(url), parts, orm)).toEqual(parts.migrations.map(({ name }) => name))
    expect(await schemaOf(url)).toEqual(await schemaOf(uncut))
  })
})

describe.skipIf(hasNoMariaDb)('on a server whose default row format is that of old installations', () => {
  let server: TestMariaDb
  beforeAll(async () => {
    server = await startMariaDb(['--innodb-default-row-format=compact'])
  })
  afterAll(() => server?.stop())

  it('the tables have keys longer than it allows', async () => {
    const url = await createDatabase(server.url)
    const config = readConfig({ SECRET_KEY: 'not needed for migrations', DATABASE_URL: url }).database
    const parts = await databaseParts(config)
    const orm = await openDatabase(config, parts)
    expect(await migrate(config, parts, orm)).toEqual(parts.migrations.map(({ name }) => name))
    const formats = await orm.em.execute<{ format: string }[]>(
      "select distinct row_format as format from information_schema.tables where table_schema = database() and table_name <> 'mikro_orm_migrations'",
    )
    expect(formats).toEqual([{ format: 'Dynamic' }])
    await orm.close()
  })
})

async function schemaOf(url: string): Promise<Record<string, unknown>> {
  const sql = await openSql({ env: { DATABASE_URL: url } })
  const tables = (await sql.all<object>('show tables')).map((row) => String(Object.values(row)[0]))
  const schema: Record<string, unknown> = {}
  for (const table of tables) {
    const [made] = await sql.all<{ 'Create Table': string }>(`show create table \`${table}\``)
    schema[table] = made?.['Create Table'].replace(/ AUTO_INCREMENT=\d+/, '')
  }
  await sql.close()
  return schema
}
