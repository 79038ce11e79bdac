import { mkdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { Migrator } from '@mikro-orm/migrations'
import type { MikroORM, Options, SqlEntityManager } from '@mikro-orm/mysql'
import type { ConnectionProvider } from 'kysely'
import { Activity } from '../activity/activity.entity.ts'
import { SigningKey } from '../auth/signing-key.entity.ts'
import type { DatabaseConfig } from '../config.ts'
import { Session } from '../sessions/session.entity.ts'
import { SessionValue } from '../sessions/session-value.entity.ts'
import { User } from '../users/user.entity.ts'
import { Guard } from './guard.entity.ts'
import { MysqlConnections } from './mysql-connections.ts'
import { armPool } from './mysql-deadlines.ts'

export const ENTITIES = [User, Session, SessionValue, Activity, SigningKey, Guard]

/** How long one attempt waits for SQLite's lock; it blocks the event loop, so transactions retry instead of waiting. */
const SQLITE_LOCK_WAIT_MS = 200

/** Told of each SQL statement, transaction control included. */
export type OnQuery = (sql: string) => void

export interface Orm extends Pick<MikroORM, 'close' | 'migrator' | 'schema'> {
  em: SqlEntityManager
  /** Those that `em` uses as well. */
  connections: ConnectionProvider
}

/**
 * MikroORM's options for a database, for the service and for MikroORM's command line.
 * Compiled code finds compiled migrations beside it, source finds sources.
 */
export function databaseOptions(config: DatabaseConfig, onQuery?: OnQuery): Options {
  const isSource = import.meta.filename.endsWith('.ts')
  return {
    ...(config.kind === 'mysql' ? mysqlOptions(config) : sqliteOptions(config, onQuery)),
    entities: ENTITIES,
    extensions: [Migrator],
    forceUtcTimezone: true,
    preferReadReplicas: false,
    ensureDatabase: false,
    logger: () => {},
    migrations: {
      path: resolve(import.meta.dirname, isSource ? '../../migrations' : '../migrations', config.kind),
      snapshot: true,
      // What MariaDB tells of its tables differs from what the entities say; the drift check compares entities only.
      snapshotOnMigrate: false,
      snapshotName: 'snapshot',
      transactional: true,
      allOrNothing: true,
    },
  }
}

/** Opens the database. It need not answer yet: a service starts while its database is still away. */
export async function openDatabase(config: DatabaseConfig, onQuery?: OnQuery): Promise<Orm> {
  const options = databaseOptions(config, onQuery)
  if (config.kind === 'sqlite') return openSqlite(config, options)
  const { MikroORM } = await import('@mikro-orm/mysql')
  const orm = await MikroORM.init(options)
  const pool = await orm.em.getConnection().getNativeClient()
  armPool(pool, config, onQuery)
  const connections = new MysqlConnections(pool)
  const closeOrm = orm.close.bind(orm)
  const close = async () => {
    await closeOrm()
    // MikroORM leaves them open where it has sent no statement itself.
    await connections.close()
  }
  return Object.assign(orm, { connections, close })
}

/** MySQL without deadlines, for migrations: a large table may take its time. */
export async function openForMigrations(config: DatabaseConfig): Promise<Pick<Orm, 'close' | 'migrator'>> {
  const { MikroORM } = await import('@mikro-orm/mysql')
  return MikroORM.init(databaseOptions(config))
}

async function openSqlite(config: DatabaseConfig, options: Options): Promise<Orm> {
  if (config.url !== ':memory:') mkdirSync(dirname(resolve(config.url)), { recursive: true })
  const { MikroORM } = await import('@mikro-orm/sqlite')
  const orm = await MikroORM.init(options as object)
  await orm.em.execute('pragma journal_mode = wal')
  await orm.em.execute('pragma synchronous = full')
  const connections = orm.em.getConnection().getClient().getExecutor()
  return Object.assign(orm as unknown as Orm, { connections })
}

function mysqlOptions(config: DatabaseConfig): Options {
  return {
    clientUrl: config.url.replace(/^mariadb:/, 'mysql:'),
    charset: 'utf8mb4',
    collate: 'utf8mb4_unicode_ci',
    pool: { max: config.poolSize },
    // Nothing is prepared, and for each connection the driver makes room for 16,000 statements otherwise: 0.5 MB.
    driverOptions: { connectTimeout: 800, queueLimit: 1000, charset: 'utf8mb4', maxPreparedStatements: 1 },
  }
}

function sqliteOptions(config: DatabaseConfig, onQuery?: OnQuery): Options {
  return {
    dbName: config.url,
    driverOptions: { timeout: SQLITE_LOCK_WAIT_MS, ...(onQuery && { verbose: onQuery }) },
    discovery: { onMetadata: (meta) => Object.values(meta.properties).forEach(useSqliteCollation) },
  }
}

/** The entities name MySQL's collations; SQLite compares bytes by itself. */
function useSqliteCollation(property: { collation?: string }): void {
  delete property.collation
}
