import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { DatabaseConfig } from '../config.ts'
import { StartRefusedError } from '../errors.ts'
import { Role } from '../roles/role.entity.ts'
import { User } from '../users/user.entity.ts'
import { isUnavailable } from './faults.ts'
import { Guard } from './guard.entity.ts'
import { migrate, migrationStatus } from './migrations.ts'
import type { DatabaseParts, Orm } from './orm.ts'

const RETRY_MS = 500

export interface Start {
  /** True once the work is done; false when the service was closed before. Rejects unless the database is just away. */
  readonly ready: Promise<boolean>
}

/**
 * Runs the work that a start needs of the database. While the database is away it is tried again in the background, so
 * that a service can start before its database.
 *
 * @param work must be safe to repeat after it was done in part
 * @throws the fault of the first try, unless the database is away
 */
export async function startWhenAvailable(
  log: Logger,
  isClosing: () => boolean,
  work: () => Promise<void>,
): Promise<Start> {
  try {
    await work()
    return { ready: Promise.resolve(true) }
  } catch (error) {
    if (!isUnavailable(error)) throw error
    log.warn({ err: error }, 'Waiting for the database')
  }
  const ready = tryAgain(log, isClosing, work)
  // Handled here, because callers may await `ready` later or never.
  ready.catch(() => undefined)
  return { ready }
}

async function tryAgain(log: Logger, isClosing: () => boolean, work: () => Promise<void>): Promise<boolean> {
  while (!isClosing()) {
    await pause(RETRY_MS)
    try {
      if (isClosing()) return false
      await work()
      log.info('The database answers')
      return true
    } catch (error) {
      if (!isUnavailable(error)) throw error
    }
  }
  return false
}

/**
 * Runs the pending migrations where MIGRATE_ON_START is set, and checks the stored roles.
 * @throws StartRefusedError for pending migrations and for unknown roles
 */
export async function prepareDatabase(config: DatabaseConfig, parts: DatabaseParts, orm: Orm): Promise<void> {
  if (config.migrateOnStart) await migrate(config, parts, orm)
  const pending = (await migrationStatus(orm)).filter(({ executedAt }) => executedAt === null)
  if (pending.length > 0) {
    throw new StartRefusedError(
      `Migrations are pending: ${pending.map(({ name }) => name).join(', ')}. Run the command migrate first.`,
    )
  }
  const em = orm.em.fork()
  const known = new Set((await em.getRepository(Role).findRows()).map(({ name }) => name))
  const unknown = (await em.getRepository(User).findRoles()).filter((role) => !known.has(role))
  if (unknown.length > 0)
    throw new StartRefusedError(`Accounts have roles that the table roles does not hold: ${JSON.stringify(unknown)}`)
}

/** For readiness: whether a table answers and may be written. The deadlines of the connection bound it. */
export async function isDatabaseUp({ kind }: DatabaseConfig, orm: Orm): Promise<boolean> {
  const guards = orm.em.fork().getRepository(Guard)
  // A write would wait for SQLite's lock, and block the process.
  const probe: Promise<unknown> = kind === 'mysql' ? guards.tryWrite() : guards.count()
  return probe.then(
    () => true,
    () => false,
  )
}
