import { CompiledQuery, MysqlDialect } from 'kysely'
import type { PoolOptions } from 'mysql2'
import { DeadlinePool, type PoolDeadlines } from './mysql-pool.ts'

/** Below the deadlines of a request, so that one that meets an absent server is answered in time. */
const CONNECT_MS = 800

/** Requests that wait for a connection; the next one is refused at once. */
const MAX_WAITING = 1000

/**
 * The first statement of each connection, whatever the server's own defaults are.
 *
 * - The server ends an idle connection well after we do, and one whose client has vanished before long.
 * - Waits for locks on rows and tables are shorter than a statement's deadline, so that the server tells of a lock as
 *   such, and no statement goes on waiting in the server for a client that has left.
 * - Character sets and sql_mode decide how the server reads texts. The driver writes values into statements, in UTF-8 and
 *   with a backslash before a quote; a server that reads them otherwise would end a text there.
 * - Strictness: what does not fit is refused, not cut.
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
    host: hostname,
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
