import { globSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import type { MigrationObject } from '@mikro-orm/core'
import type { DatabaseConfig } from '../config.ts'
import { isRetryable, isUnavailable } from './faults.ts'
import { type DatabaseParts, migrationFolder, type Orm, openForMigrations } from './orm.ts'

/** How long to wait for another process that is migrating the same database. */
const OTHER_PROCESS_MS = 15_000

export interface MigrationStatus {
  name: string
  executedAt: Date | null
}

/**
 * Runs what is pending and returns the names. Of two processes at once one does it: the other fails on the first
 * statement, since that makes something that now exists, and then waits until nothing is pending any more.
 */
export async function migrate(config: DatabaseConfig, parts: DatabaseParts, orm: Orm): Promise<string[]> {
  try {
    if ((await orm.migrator.getPending()).length === 0) return []
    return await withMigrator(config, parts, orm, async (migrator) => (await migrator.up()).map(({ name }) => name))
  } catch (error) {
    if (isUnavailable(error) && !isRetryable(error)) throw error
    for (let waitedMs = 0; waitedMs < OTHER_PROCESS_MS; waitedMs += 250) {
      await pause(250)
      const pending = await orm.migrator.getPending().catch(() => null)
      if (pending?.length === 0) return []
    }
    throw error
  }
}

/** Every migration in the order they run, with the moment it ran. */
export async function migrationStatus(orm: Orm): Promise<MigrationStatus[]> {
  const executed = await orm.migrator.getExecuted()
  const pending = await orm.migrator.getPending()
  return [
    ...executed.map((row) => ({ name: row.name, executedAt: row.executed_at ?? null })),
    ...pending.map(({ name }) => ({ name, executedAt: null })),
  ]
}

/** MySQL's migrations get a pool without deadlines; SQLite has one connection, and in memory only that one sees the data. */
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

/** Those of the folder `migrations`, to be listed beside others. */
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
