import { sql } from 'kysely'
import type { Clock } from '../../clock.ts'
import type { DatabaseConfig } from '../../config.ts'
import { migrationStatus } from '../../database/migrations.ts'
import type { Orm } from '../../database/orm.ts'
import { isDatabaseUp } from '../../database/prepare.ts'
import { toDate } from '../../database/rows.ts'
import { plainMessage } from '../../process/plain-message.ts'
import { type Finding, fault, ok, skipped, warning } from './finding.ts'

interface Server {
  version: string
  charset: string
  collation: string
  zone: string
  serverZone: string
}

const MOST_SECONDS_APART = 2
/** Columns that tell accounts and sessions apart, which compare byte by byte. */
const KEY_COLLATION = 'utf8mb4_bin'

/** Version, character set, time zone and clock of the database, and its migrations. */
export async function checkDatabase(config: DatabaseConfig, orm: Orm, clock: Clock): Promise<Finding[]> {
  try {
    return [
      ...(config.kind === 'mysql' ? await checkServer(orm) : [await checkSqlite(orm)]),
      ...(config.kind === 'mysql' ? await checkWritable(config, orm) : []),
      await checkClock(config, orm, clock),
      await checkMigrations(orm),
      ...(config.kind === 'mysql' ? [await checkKeyColumns(orm)] : []),
    ]
  } catch (error) {
    return [
      fault('database', plainMessage(error), 'Start the database, and check DATABASE_URL, its user and its rights.'),
    ]
  }
}

/** Nothing where it may be written, as readiness sees it, or where the table for it is not there yet. */
async function checkWritable(config: DatabaseConfig, orm: Orm): Promise<Finding[]> {
  const isMigrated = (await migrationStatus(orm)).some(({ executedAt }) => executedAt !== null)
  if (!isMigrated || (await isDatabaseUp(config, orm))) return []
  return [fault('database', 'answers and cannot be written', 'Is it a replica, or has its user no right to write?')]
}

async function checkSqlite(orm: Orm): Promise<Finding> {
  const { version } = await ask<{ version: string }>(orm, sql`select sqlite_version() as version`)
  return ok('database', `SQLite ${version}`)
}

async function checkServer(orm: Orm): Promise<Finding[]> {
  const server = await ask<Server>(
    orm,
    sql`select version() as version, @@character_set_database as charset, @@collation_database as collation,
      @@session.time_zone as zone, @@global.time_zone as serverZone`,
  )
  const { version, charset, collation, zone, serverZone } = server
  const isUtc = zone === '+00:00'
  return [
    isOld(version)
      ? warning(
          'database',
          version,
          'The tests run on MariaDB 10.11; MySQL 8.0 and MariaDB 10.6 are the oldest to use.',
        )
      : ok('database', version),
    charset === 'utf8mb4'
      ? ok('collation', `${charset}, ${collation}`)
      : fault(
          'collation',
          `${charset}, ${collation}`,
          'alter database … character set utf8mb4 collate utf8mb4_unicode_ci',
        ),
    isUtc
      ? ok('time zone', `connections ${zone}, server ${serverZone}`)
      : fault('time zone', `connections ${zone}`, 'Something between changes the session: connect without it.'),
  ]
}

function isOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10))
  return /mariadb/i.test(version) ? major < 10 || (major === 10 && minor < 6) : major < 8
}

/** The moment of the answer lies between that of the question and now; the middle is the best guess. */
async function checkClock({ kind }: DatabaseConfig, orm: Orm, clock: Clock): Promise<Finding> {
  if (kind === 'sqlite') return ok('clock', 'SQLite has that of this machine')
  const askedAt = clock().getTime()
  const { now } = await ask<{ now: string }>(orm, sql`select current_timestamp(3) as now`)
  const middle = (askedAt + clock().getTime()) / 2
  const seconds = Math.abs(toDate(now).getTime() - middle) / 1000
  const message = `${seconds.toFixed(1)} s apart from that of the database`
  return seconds <= MOST_SECONDS_APART
    ? ok('clock', message)
    : fault('clock', message, 'Let NTP set the clocks of all instances and of the database: refresh tokens go by them.')
}

async function checkMigrations(orm: Orm): Promise<Finding> {
  const all = await migrationStatus(orm)
  const pending = all.filter(({ executedAt }) => executedAt === null)
  return pending.length === 0
    ? ok('migrations', `all ${all.length} were run`)
    : fault('migrations', `pending: ${pending.map(({ name }) => name).join(', ')}`, 'Run the command migrate.')
}

async function checkKeyColumns(orm: Orm): Promise<Finding> {
  const { rows } = await sql<{ name: string; collation: string }>`
    select column_name as name, collation_name as collation from information_schema.columns
    where table_schema = database() and table_name = 'users' and column_name in ('id', 'username_key', 'email_key')
  `.execute(orm.em.fork().getKysely())
  if (rows.length === 0) return skipped('keys of accounts', 'There is no table users yet.')
  const wrong = rows.filter(({ collation }) => collation !== KEY_COLLATION).map(({ name }) => name)
  return wrong.length === 0
    ? ok('keys of accounts', `compared byte by byte (${KEY_COLLATION})`)
    : fault(
        'keys of accounts',
        `another collation than ${KEY_COLLATION}: ${wrong.join(', ')}`,
        'Two spellings of a name may be one account. Change the columns back; the migrations show how.',
      )
}

async function ask<Row>(orm: Orm, query: ReturnType<typeof sql>): Promise<Row> {
  const { rows } = await query.execute(orm.em.fork().getKysely())
  return rows[0] as Row
}
