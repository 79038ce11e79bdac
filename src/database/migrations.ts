import { globSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import type { MigrationObject } from '@mikro-orm/core'
import type { DatabaseConfig } from '../config.ts'
import { StartRefusedError } from '../errors.ts'
import { isLockTimeout, isRetryable, isUnavailable } from './faults.ts'
import { type DatabaseParts, migrationFolder, type Orm, openForMigrations } from './orm.ts'
import { toDate } from './rows.ts'

/**
 * Tries for the lock of a table, of a second each. While a migration waits for the end of a long read, every write to
 * the table waits behind it, so it gives up and lets the writes through.
 */
const LOCK_TRIES = 5
const LOCK_PAUSE_MS = 1_000

const LOCKED =
  'Another statement or transaction holds a table that a migration changes. Run the command migrate again once it has ended.'

/** The longest wait for another process that is migrating the same database. */
const OTHER_PROCESS_MS = 15_000

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
 * Runs the pending migrations and returns their names. Of two processes at once one succeeds. The other fails at its
 * first statement, which creates what exists by then, and waits until nothing is pending.
 * @throws StartRefusedError when a table stays locked
 */
export async function migrate(config: DatabaseConfig, parts: DatabaseParts, orm: Orm): Promise<string[]> {
  try {
    if ((await orm.migrator.getPending()).length === 0) return []
    return await withMigrator(config, parts, orm, upBetweenReads)
  } catch (error) {
    if (isLockTimeout(error)) throw new StartRefusedError(LOCKED)
    if (isUnavailable(error) && !isRetryable(error)) throw error
    for (let waitedMs = 0; waitedMs < OTHER_PROCESS_MS; waitedMs += 250) {
      await pause(250)
      const pending = await orm.migrator.getPending().catch(() => null)
      if (pending?.length === 0) return []
    }
    throw error
  }
}

async function upBetweenReads(migrator: Orm['migrator']): Promise<string[]> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return (await migrator.up()).map(({ name }) => name)
    } catch (error) {
      if (!isLockTimeout(error) || attempt === LOCK_TRIES) throw error
      await pause(LOCK_PAUSE_MS)
    }
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

/** On MySQL with a pool without deadlines. SQLite has one connection, which alone sees a database in memory. */
async function withMigrator<T>(
  config: DatabaseConfig,
  parts: DatabaseParts,
  orm: Orm,
  work: (migrator: Orm['migrator']) => Promise<T>,
): Promise<T> {
  if (config.kind === 'sqlite') return work(orm.migrator)
  const unarmed = await openForMigrations(config, parts)
  try {
    return await work(unarmed.migrator)
  } finally {
    await unarmed.close()
  }
}

/** The migrations of the folder, for a list with those of features. */
export async function loadMigrations(config: DatabaseConfig): Promise<MigrationObject[]> {
  const folder = migrationFolder(config)
  const files = globSync('Migration*.{js,ts}', { cwd: folder }).toSorted()
  return Promise.all(
    files.map(async (file) => {
      const module: Record<string, MigrationObject['class']> = await import(pathToFileURL(resolve(folder, file)).href)
      const name = basename(file).replace(/\.[jt]s$/, '')
      const [migration] = Object.values(module)
      if (!migration) throw new Error(`${file} exports no migration`)
      return { name, class: migration }
    }),
  )
}
