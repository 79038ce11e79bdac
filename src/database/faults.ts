/** Which faults of the database mean what. Drivers' own errors, MikroORM's exceptions around them, and their causes alike. */

interface DriverError {
  code?: unknown
  errno?: unknown
  sqlMessage?: unknown
  message?: unknown
}

/** Whole transactions that failed for these reasons may be tried again: deadlock, lock time-out, SQLite's lock. */
const RETRYABLE_CODES = new Set(['ER_LOCK_DEADLOCK', 'ER_LOCK_WAIT_TIMEOUT', 'ER_CHECKREAD'])

/** The server is away, going away, full, or does not let us in; nothing that the caller did. */
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
  'ER_OPTION_PREVENTS_STATEMENT',
  'ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION',
  'ER_READ_ONLY_MODE',
  'ER_ACCESS_DENIED_ERROR',
  'ER_DBACCESS_DENIED_ERROR',
  'ER_BAD_DB_ERROR',
  'ER_HOST_IS_BLOCKED',
  'ER_OUT_OF_RESOURCES',
  'ER_OUTOFMEMORY',
  'ER_DISK_FULL',
  'ER_RECORD_FILE_FULL',
  'ER_UNKNOWN_COM_ERROR',
  'ER_NET_READ_ERROR',
  'ER_NET_READ_INTERRUPTED',
  'ER_NET_ERROR_ON_WRITE',
  'ER_NET_WRITE_INTERRUPTED',
])

/** mysql2 gives these no code. */
const UNAVAILABLE_MESSAGES = [
  'closed state',
  'Queue limit reached',
  'Pool is closed',
  'No connections available',
  'server has gone away',
  'database connection is not open',
]

const SQLITE_UNAVAILABLE = /^SQLITE_(BUSY|LOCKED|IOERR|FULL|CANTOPEN|READONLY|CORRUPT|NOTADB|NOMEM|PROTOCOL)/

/** True where the same transaction, run again from its start, may well succeed. */
export function isRetryable(error: unknown): boolean {
  return chain(error).some(
    ({ code }) => typeof code === 'string' && (RETRYABLE_CODES.has(code) || /^SQLITE_(BUSY|LOCKED)/.test(code)),
  )
}

/** True where the database could not answer: down, slow, frozen, full, busy. */
export function isUnavailable(error: unknown): boolean {
  return chain(error).some(({ code, message }) => {
    if (typeof code === 'string' && (UNAVAILABLE_CODES.has(code) || RETRYABLE_CODES.has(code))) return true
    if (typeof code === 'string' && SQLITE_UNAVAILABLE.test(code)) return true
    return typeof message === 'string' && UNAVAILABLE_MESSAGES.some((part) => message.includes(part))
  })
}

/**
 * The name of the unique index that a write met, or null for any other error.
 * MySQL names the index, SQLite the column: both are found in what this returns.
 */
export function violatedUniqueKey(error: unknown): string | null {
  for (const { code, message, sqlMessage } of chain(error)) {
    if (code === 'ER_DUP_ENTRY') return String(sqlMessage ?? message).replace(/^.* for key /s, '')
    if (code === 'SQLITE_CONSTRAINT_UNIQUE' || code === 'SQLITE_CONSTRAINT_PRIMARYKEY') return String(message)
  }
  return null
}

function chain(error: unknown): DriverError[] {
  const errors: DriverError[] = []
  for (let next = error; next instanceof Error && errors.length < 5; next = next.cause ?? previousOf(next)) {
    errors.push(next as DriverError)
  }
  return errors
}

/** MikroORM 6 and 7 keep the driver's error here. */
function previousOf(error: Error): unknown {
  return 'previous' in error ? error.previous : undefined
}
