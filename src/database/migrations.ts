import { setTimeout as pause } from 'node:timers/promises'
import type { DatabaseConfig } from '../config.ts'
import { StartRefusedError } from '../errors.ts'
import { describeFault } from '../logging/describe-fault.ts'
import { isLockTimeout, isRetryable, isUnavailable } from './faults.ts'
import { alone, OtherProcessError } from './migration-lock.ts'
import { type DatabaseParts, type Orm, openForMigrations } from './orm.ts'
import { toDate } from './rows.ts'

/**
 * Tries for the lock of a table, of a second each. While a migration waits for the end of a long read, every write to
 * the table waits behind it, so it gives up and lets the writes through.
 */
const LOCK_TRIES = 5
const LOCK_PAUSE_MS = 1_000

const LOCKED =
  'Another statement or transaction holds a table that a migration changes. Run the command migrate again once it has ended.'

/** The longest wait for another process that is migrating the same database, and the time between looks. */
const OTHER_PROCESS_MS = 15_000
const OTHER_PROCESS_PAUSE_MS = 250

const OTHER_PROCESS =
  'Another process is migrating this database. Run the command migrate again once it has ended; it finds nothing to do then.'

interface ExecutedMigration {
  id: number
  name: string
  executed_at: Date | string | number
}

export interface MigrationStatus {
  name: string
  executedAt: Date | null
}

/**
 * Runs the pending migrations and returns their names. What an earlier run has left half done is finished. Of two
 * processes at once one runs them, and the other waits.
 * @throws StartRefusedError when a table stays locked, another process does not end, or a migration fails
 */
export async function migrate(config: DatabaseConfig, parts: DatabaseParts, orm: Orm): Promise<string[]> {
  const startedAt = performance.now()
  for (;;) {
    const pending = await orm.migrator.getPending()
    if (pending.length === 0) return []
    try {
      return config.kind === 'sqlite' ? await upBetweenReads(orm.migrator) : await upOnMysql(config, parts)
    } catch (error) {
      if (isLockTimeout(error)) throw new StartRefusedError(LOCKED)
      const isOther = error instanceof OtherProcessError || isRetryable(error)
      if (isUnavailable(error) && !isOther) throw error
      // With fewer pending than before, another process has made what this one was about to make.
      if (!isOther && (await orm.migrator.getPending()).length === pending.length) throw error
      if (performance.now() - startedAt > OTHER_PROCESS_MS) throw new StartRefusedError(OTHER_PROCESS)
    }
    await pause(OTHER_PROCESS_PAUSE_MS)
  }
}

/** @throws StartRefusedError with the migration that failed, unless the database is away or busy */
async function upBetweenReads(migrator: Orm['migrator']): Promise<string[]> {
  let running = 'of the database'
  migrator.on('migrating', ({ name }) => {
    running = name
  })
  for (let attempt = 1; ; attempt += 1) {
    try {
      return (await migrator.up()).map(({ name }) => name)
    } catch (error) {
      if (!isUnavailable(error)) throw new StartRefusedError(failureOf(running, error), { cause: error })
      if (!isLockTimeout(error) || attempt === LOCK_TRIES) throw error
      await pause(LOCK_PAUSE_MS)
    }
  }
}

function failureOf(migration: string, error: unknown): string {
  const { message, statement } = describeFault(error)
  const at = statement === undefined ? '' : ` at '${statement}'`
  return `The migration ${migration} failed${at}: ${message}. Run the command migrate again once the cause is mended; it goes on from there.`
}

/** With a pool without deadlines. SQLite has one connection, which alone sees a database in memory. */
async function upOnMysql(config: DatabaseConfig, parts: DatabaseParts): Promise<string[]> {
  const unarmed = await openForMigrations(config, parts)
  try {
    // Makes the table of migrations. At the second try another process has.
    await unarmed.migrator.getExecuted().catch(() => unarmed.migrator.getExecuted())
    return await alone(unarmed, () => upBetweenReads(unarmed.migrator))
  } finally {
    await unarmed.close()
  }
}

/**
 * Every migration in order, with the moment when it ran. Read here, because MikroORM takes MySQL's text for a moment in
 * the time zone of the process.
 */
export async function migrationStatus(orm: Orm): Promise<MigrationStatus[]> {
  // Makes the table where it is missing.
  const pending = await orm.migrator.getPending()
  const executed = await orm.em
    .getKysely<{ mikro_orm_migrations: ExecutedMigration }>()
    .selectFrom('mikro_orm_migrations')
    .select(['name', 'executed_at'])
    .orderBy('id')
    .execute()
  return [
    ...executed.map((row) => ({ name: row.name, executedAt: toDate(row.executed_at) })),
    ...pending.map(({ name }) => ({ name, executedAt: null })),
  ]
}
