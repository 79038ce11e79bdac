import { UniqueConstraintViolationException } from '@mikro-orm/core'

/**
 * Faults of the database by the codes of its drivers. Kysely throws the driver's own error; MikroORM's exceptions have
 * its code too.
 */

interface DriverError {
  code?: unknown
  errno?: unknown
  message?: unknown
}

const LOCK_TIMEOUT = 'ER_LOCK_WAIT_TIMEOUT'

/**
 * Deadlock, lock time-out, a row that has changed since it was read, and a commit that conflicts with another node's:
 * the transaction may be run again.
 */
const RETRYABLE_CODES = new Set([
  'ER_LOCK_DEADLOCK',
  LOCK_TIMEOUT,
  'ER_LOCK_NOWAIT',
  'ER_CHECKREAD',
  'ER_TRANSACTION_ROLLBACK_DURING_COMMIT',
])

/** The server is away, stopping, full, or refuses the connection: not the fault of a request. */
const UNAVAILABLE_CODES = new Set([
  'PROTOCOL_CONNECTION_LOST',
  'PROTOCOL_SEQUENCE_TIMEOUT',
  'PROTOCOL_ENQUEUE_AFTER_FATAL_ERROR',
  'PROTOCOL_UNEXPECTED_PACKET',
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'ETIMEDOUT',
  'EPIPE',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
  'DATABASE_TIMEOUT',
  'POOL_CLOSED',
  'ER_CON_COUNT_ERROR',
  'ER_TOO_MANY_USER_CONNECTIONS',
  'ER_USER_LIMIT_REACHED',
  'ER_SERVER_SHUTDOWN',
  'ER_NORMAL_SHUTDOWN',
  'ER_SHUTDOWN_COMPLETE',
  'ER_CONNECTION_KILLED',
  'ER_QUERY_INTERRUPTED',
  'ER_QUERY_TIMEOUT',
  'ER_STATEMENT_TIMEOUT',
  'ER_ACCESS_DENIED_ERROR',
  'ER_DBACCESS_DENIED_ERROR',
  'ER_TABLEACCESS_DENIED_ERROR',
  'ER_COLUMNACCESS_DENIED_ERROR',
  'ER_BAD_DB_ERROR',
  'ER_HOST_IS_BLOCKED',
  'ER_OUT_OF_RESOURCES',
  'ER_OUTOFMEMORY',
  'ER_DISK_FULL',
  'ER_RECORD_FILE_FULL',
  'ER_NET_READ_ERROR',
  'ER_NET_READ_INTERRUPTED',
  'ER_NET_ERROR_ON_WRITE',
  'ER_NET_WRITE_INTERRUPTED',
  'ER_ERROR_DURING_COMMIT',
  'ER_ERROR_DURING_ROLLBACK',
  'ER_ERROR_DURING_FLUSH_LOGS',
  'ER_ERROR_ON_WRITE',
  'ER_RUN_HOOK_ERROR',
  'ER_SECURE_TRANSPORT_REQUIRED',
  'HANDSHAKE_NO_SSL_SUPPORT',
  'HANDSHAKE_SSL_ERROR',
])

/**
 * The server answers and refuses: an old primary that is read-only since a failover, or a Galera node that is cut off
 * (ER_UNKNOWN_COM_ERROR).
 */
const REFUSAL_CODES = new Set([
  'ER_OPTION_PREVENTS_STATEMENT',
  'ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION',
  'ER_READ_ONLY_MODE',
  'ER_UNKNOWN_COM_ERROR',
])

const UNAVAILABLE = [UNAVAILABLE_CODES, RETRYABLE_CODES, REFUSAL_CODES]

/** Errors of the drivers without a code. */
const UNAVAILABLE_MESSAGES = [
  'closed state',
  'Queue limit reached',
  'Pool is closed',
  'No connections available',
  'server has gone away',
  'database connection is not open',
]

/** ER_CONNECTION_KILLED of MariaDB, which mysql2 has no name for. */
const CONNECTION_KILLED = 1927

const SQLITE_UNAVAILABLE = /^SQLITE_(BUSY|LOCKED|IOERR|FULL|CANTOPEN|READONLY|CORRUPT|NOTADB|NOMEM|PROTOCOL)/

/** True when the same transaction may succeed if it is run again from its start. */
export function isRetryable(error: unknown): boolean {
  return chain(error).some(
    ({ code }) => typeof code === 'string' && (RETRYABLE_CODES.has(code) || /^SQLITE_(BUSY|LOCKED)/.test(code)),
  )
}

/** True when another server may accept what this one refuses, for example the new primary behind the same address. */
export function isRefusal(error: unknown): boolean {
  return chain(error).some(({ code }) => typeof code === 'string' && REFUSAL_CODES.has(code))
}

/** True when the server has waited in vain for a lock. */
export function isLockTimeout(error: unknown): boolean {
  return chain(error).some(({ code }) => code === LOCK_TIMEOUT)
}

/** True when the database could not answer: down, slow, frozen, full or busy. */
export function isUnavailable(error: unknown): boolean {
  return chain(error).some(({ code, errno, message }) => {
    if (errno === CONNECTION_KILLED) return true
    if (typeof code === 'string' && UNAVAILABLE.some((codes) => codes.has(code))) return true
    if (typeof code === 'string' && SQLITE_UNAVAILABLE.test(code)) return true
    return typeof message === 'string' && UNAVAILABLE_MESSAGES.some((part) => message.includes(part))
  })
}

/** A text with the name of the index (MySQL) or the column (SQLite) that a write violated; null for other errors. */
export function violatedUniqueKey(error: unknown): string | null {
  if (!(error instanceof UniqueConstraintViolationException)) return null
  // MySQL quotes the value first, and the value may contain the name of another key.
  return error.message.replace(/^.* for key /s, '')
}

function chain(error: unknown): DriverError[] {
  const errors: DriverError[] = []
  for (let next = error; next instanceof Error && errors.length < 5; next = next.cause) errors.push(next as DriverError)
  return errors
}
