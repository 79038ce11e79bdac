import { CompiledQuery, MysqlDialect } from 'kysely'
import type { PoolOptions } from 'mysql2'
import { DeadlinePool, type PoolDeadlines } from './mysql-pool.ts'

/** Below the deadline of a request, so that it is answered in time when the server is away. */
const CONNECT_MS = 800

/** Requests that may wait for a connection; more are refused at once. */
const MAX_WAITING = 1000

/**
 * The first statement of each connection, independent of the server's defaults.
 *
 * - wait_timeout: the pool closes idle connections first; the server soon closes those of a client that has vanished.
 * - Lock waits are shorter than a statement's deadline, so that the server reports a lock as such, and no statement
 *   waits in the server for a client that has left.
 * - Character sets and sql_mode: the driver writes values into statements, in UTF-8 and with a backslash before a
 *   quote. A server with other settings would read the end of a text there.
 * - Strictness: values that do not fit are refused, not cut.
 */
const SESSION = `set session wait_timeout = 120, innodb_lock_wait_timeout = 1, lock_wait_timeout = 1,
  character_set_client = utf8mb4, character_set_results = utf8mb4, collation_connection = utf8mb4_unicode_ci,
  sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'`

/**
 * MySQL and MariaDB for Kysely and MikroORM.
 * @param url mysql://user:password@host:port/name
 */
export function createMysqlDialect(url: string, poolSize: number, deadlines: PoolDeadlines): MysqlDialect {
  const pool = new DeadlinePool(poolOptions(url, poolSize), deadlines)
  return new MysqlDialect({
    pool,
    onCreateConnection: async (connection) => {
      await connection.executeQuery(CompiledQuery.raw(SESSION))
    },
  })
}

function poolOptions(url: string, connectionLimit: number): PoolOptions {
  const { hostname, port, username, password, pathname } = new URL(url)
  return {
    // URLs write an IPv6 address in brackets, the resolver wants it without.
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? 3306 : Number(port),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: decodeURIComponent(pathname.slice(1)),
    charset: 'utf8mb4',
    // Dates as text in UTC, as MikroORM reads them.
    dateStrings: true,
    timezone: 'Z',
    supportBigNumbers: true,
    connectTimeout: CONNECT_MS,
    connectionLimit,
    queueLimit: MAX_WAITING,
  }
}
