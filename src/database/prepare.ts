import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from 'pino'
import { isRoleName } from '../authorization/permissions.ts'
import type { DatabaseConfig } from '../config.ts'
import { StartRefusedError } from '../errors.ts'
import type { User } from '../users/user.entity.ts'
import { isUnavailable } from './faults.ts'
import { migrate, migrationStatus } from './migrations.ts'
import type { DatabaseParts, Orm } from './orm.ts'
import type { TableOf } from './rows.ts'

const RETRY_MS = 500

export interface Start {
  /** True once the work is done; false where the service was closed before. Rejects with what is not the database's absence. */
  readonly ready: Promise<boolean>
}

/**
 * Does what a start needs of the database, and where the database does not answer goes on trying in the background:
 * a service may be started before it.
 *
 * @param work must be safe to run again after a part of it
 * @throws what the first try throws, unless the database is away
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
  // Whoever started the service may look at it later, or never.
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
 * Brings the schema up to date, or refuses where that is the operator's to do.
 * @throws StartRefusedError for pending migrations without MIGRATE_ON_START, and for roles that do not exist
 */
export async function prepareDatabase(config: DatabaseConfig, parts: DatabaseParts, orm: Orm): Promise<void> {
  if (config.migrateOnStart) await migrate(config, parts, orm)
  const pending = (await migrationStatus(orm)).filter(({ executedAt }) => executedAt === null)
  if (pending.length > 0) {
    throw new StartRefusedError(
      `Migrations are pending: ${pending.map(({ name }) => name).join(', ')}. Run the command migrate first.`,
    )
  }
  const kysely = orm.em.getKysely<{ users: TableOf<User> }>()
  const roles = await kysely.selectFrom('users').select('role').distinct().execute()
  const unknown = roles.filter(({ role }) => !isRoleName(role))
  if (unknown.length > 0)
    throw new StartRefusedError(`The database holds ${unknown.length} role(s) that the table of permissions does not.`)
}

/** Asks the database, for readiness. Never rejects; answers within its own time-outs. */
export async function isDatabaseUp(orm: Orm): Promise<boolean> {
  return orm.em.getConnection().isConnected()
}
