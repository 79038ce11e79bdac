import { resolve } from 'node:path'
import type { MigrationObject } from '@mikro-orm/core'
import { Migrator } from '@mikro-orm/migrations'
import type { EntityClass, MikroORM, Options, SqlEntityManager } from '@mikro-orm/mysql'
import type { DatabaseConfig } from '../config.ts'
import { createMysqlDialect } from './mysql.ts'
import type { PoolDeadlines } from './mysql-pool.ts'
import type { DatabaseObserver } from './observer.ts'
import { resumable } from './resumable-migration.ts'
import { createSqliteDialect } from './sqlite.ts'

/** The entities and migrations of all features. */
export interface DatabaseParts {
  entities: readonly EntityClass[]
  /** Those of the folder and of features from other projects, in order. */
  migrations: readonly MigrationObject[]
}

export interface Orm extends Pick<MikroORM, 'close' | 'migrator' | 'schema' | 'getMetadata'> {
  em: SqlEntityManager
}

/** Idle connections are closed after this time, before firewalls, proxies and the server drop them unnoticed. */
const IDLE_MS = 30_000

/** For migrations, which may take long: the longest delay of a timer. */
const NO_DEADLINES = { timeoutMs: 2 ** 31 - 1, idleMs: 0 }

/**
 * MikroORM's options, for the service and for MikroORM's command line.
 */
export function databaseOptions(config: DatabaseConfig, { entities, migrations }: DatabaseParts): Options {
  return {
    ...(config.kind === 'mysql' ? mysqlOptions(config) : sqliteOptions(config)),
    entities: [...entities],
    extensions: [Migrator],
    forceUtcTimezone: true,
    preferReadReplicas: false,
    ensureDatabase: false,
    logger: () => {},
    migrations: {
      path: migrationFolder(config),
      migrationsList: config.kind === 'mysql' ? migrations.map(resumable) : [...migrations],
      snapshot: true,
      // MariaDB describes tables in other words than the entities do; the drift check compares entities alone.
      snapshotOnMigrate: false,
      snapshotName: 'snapshot',
      transactional: true,
      allOrNothing: true,
    },
  }
}

/** Compiled code uses the compiled migrations, sources use the sources. */
export function migrationFolder({ kind }: Pick<DatabaseConfig, 'kind'>): string {
  const isSource = import.meta.filename.endsWith('.ts')
  return resolve(import.meta.dirname, isSource ? '../../migrations' : '../migrations', kind)
}

/** Opens the database, which need not answer yet: a service starts while its database is away. */
export async function openDatabase(
  config: DatabaseConfig,
  parts: DatabaseParts,
  observer: DatabaseObserver = {},
): Promise<Orm> {
  const options = databaseOptions(config, parts)
  if (config.kind === 'mysql')
    return openMysql(config, options, { timeoutMs: config.timeoutMs, idleMs: IDLE_MS }, observer)
  const { MikroORM: Sqlite } = await import('@mikro-orm/sqlite')
  const driverOptions = () => createSqliteDialect(config.url, observer)
  // The classes of the two drivers differ only in their types.
  return (await Sqlite.init({ ...options, driverOptions } as object)) as unknown as Orm
}

/** MySQL without deadlines, with one connection for the migrations and one for the lock. */
export async function openForMigrations(config: DatabaseConfig, parts: DatabaseParts): Promise<Orm> {
  return openMysql({ ...config, poolSize: 2 }, databaseOptions(config, parts), NO_DEADLINES)
}

async function openMysql(
  config: DatabaseConfig,
  options: Options,
  deadlines: PoolDeadlines,
  observer?: DatabaseObserver,
): Promise<Orm> {
  const { MikroORM: Mysql } = await import('@mikro-orm/mysql')
  return Mysql.init({ ...options, driverOptions: () => createMysqlDialect(config, deadlines, observer) })
}

function mysqlOptions({ url }: DatabaseConfig): Options {
  return {
    clientUrl: url.replace(/^mariadb:/, 'mysql:'),
    charset: 'utf8mb4',
    collate: 'utf8mb4_unicode_ci',
  }
}

function sqliteOptions({ url }: DatabaseConfig): Options {
  return {
    dbName: url,
    discovery: { onMetadata: (meta) => Object.values(meta.properties).forEach(useSqliteCollation) },
  }
}

/** The entities name MySQL's collations. SQLite compares bytes by default. */
function useSqliteCollation(property: { collation?: string }): void {
  delete property.collation
}
