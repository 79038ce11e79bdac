import { getCACertificates } from 'node:tls'
import { CompiledQuery, MysqlDialect } from 'kysely'
import type { PoolOptions, SslOptions } from 'mysql2'
import type { DatabaseConfig } from '../config.ts'
import { DeadlinePool, type PoolDeadlines } from './mysql-pool.ts'
import type { DatabaseObserver } from './observer.ts'

/** Below the deadline of a request, so that it is answered in time when the server is away. */
const CONNECT_MS = 800

/** Requests that may wait for a connection; more are refused at once. */
const MAX_WAITING = 1000

/**
 * The first statements of each connection. They set whatever a server may have by default, for all clients or by
 * init_connect, that changes what a statement or a commit means. Comments with M! are read by MariaDB alone, those with
 * the number of a version by MySQL alone.
 *
 * - Commits: each statement is one, and no commit begins the next transaction or ends the connection.
 * - wait_timeout: the pool closes idle connections first; the server soon closes those of a client that has vanished.
 * - Lock waits are shorter than a statement's deadline, so that the server reports a lock as such, and no statement
 *   waits in the server for a client that has left. No other limit ends a statement, which may be a long migration.
 * - Constraints hold, and neither limits nor guards for people at a prompt apply to rows.
 * - Character sets and sql_mode: the driver writes values into statements, in UTF-8 and with a backslash before a
 *   quote. A server with other settings would read the end of a text there.
 * - Strictness: values that do not fit are refused, not cut.
 * - lc_messages: the text of a violated constraint tells which one it was.
 * - A node of a Galera cluster first applies what other nodes have committed, and reads nothing while it is cut off.
 */
const SESSION = [
  `set session autocommit = 1, completion_type = 'NO_CHAIN',
  wait_timeout = 120, innodb_lock_wait_timeout = 1, lock_wait_timeout = 1,
  foreign_key_checks = 1, unique_checks = 1, default_storage_engine = InnoDB,
  sql_safe_updates = 0, sql_select_limit = 18446744073709551615, sql_big_selects = 1, sql_auto_is_null = 0,
  max_sort_length = 1024, time_zone = '+00:00', lc_messages = 'en_US',
  character_set_client = utf8mb4, character_set_results = utf8mb4, collation_connection = utf8mb4_unicode_ci,
  sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'
  /*M!100201 , max_statement_time = 0, check_constraint_checks = 1, wsrep_sync_wait = 1, wsrep_dirty_reads = 0 */
  /*M!100307 , alter_algorithm = DEFAULT */
  /*!80000 , max_execution_time = 0 */`,
  // init_connect may have begun a transaction.
  'rollback',
  'set session transaction isolation level repeatable read, read write',
]

/** MySQL and MariaDB for Kysely and MikroORM. */
export function createMysqlDialect(
  config: DatabaseConfig,
  deadlines: PoolDeadlines,
  observer: DatabaseObserver = {},
): MysqlDialect {
  const pool = new DeadlinePool(poolOptions(config), deadlines, observer)
  return new MysqlDialect({
    pool,
    onCreateConnection: async (connection) => {
      for (const statement of SESSION) await connection.executeQuery(CompiledQuery.raw(statement))
    },
  })
}

function poolOptions({ url, poolSize, tls, ca }: DatabaseConfig): PoolOptions {
  const { hostname, port, username, password, pathname } = new URL(url)
  return {
    // URLs write an IPv6 address in brackets, the resolver wants it without.
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? 3306 : Number(port),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: decodeURIComponent(pathname.slice(1)),
    ...(tls === 'on' && { ssl: { rejectUnauthorized: false } }),
    ...(tls === 'verify' && { ssl: verifyingTls(ca) }),
    charset: 'utf8mb4',
    // Dates as text in UTC, as MikroORM reads them.
    dateStrings: true,
    timezone: 'Z',
    supportBigNumbers: true,
    connectTimeout: CONNECT_MS,
    connectionLimit: poolSize,
    queueLimit: MAX_WAITING,
  }
}

/** Without a file the system's authorities, and those of Node, because small images have none. */
function verifyingTls(ca: string | undefined): SslOptions {
  const authorities = ca ?? [...getCACertificates('system'), ...getCACertificates('default')]
  return { ca: authorities as string | string[], rejectUnauthorized: true, verifyIdentity: true }
}
