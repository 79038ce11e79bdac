import type { Pool, PoolConnection } from 'mysql2'

/** How long a request may wait for a connection of the pool, a new connection's handshake included. */
const ACQUIRE_TIMEOUT_MS = 400

/** A statement or a connection that did not come in time. */
export class DatabaseTimeoutError extends Error {
  readonly code = 'DATABASE_TIMEOUT'
}

/**
 * Gives a pool the deadlines that mysql2 lacks: silence of the server ends a connection, and with it every
 * statement that waits on it; waiting for a connection ends as well.
 *
 * @param timeoutMs silence after which a connection is given up
 * @param onQuery told of each statement
 */
export function armPool(pool: Pool, timeoutMs: number, onQuery?: (sql: string) => void): void {
  pool.on('connection', (connection) => armConnection(connection, timeoutMs, onQuery))
  const acquire = pool.getConnection.bind(pool)
  pool.getConnection = (callback) => {
    let isOver = false
    const timer = setTimeout(
      () => {
        isOver = true
        callback(
          Object.assign(new DatabaseTimeoutError('No connection to the database in time.'), { errno: 0 }),
          undefined as never,
        )
      },
      Math.min(ACQUIRE_TIMEOUT_MS, timeoutMs),
    )
    acquire((error, connection) => {
      clearTimeout(timer)
      if (!isOver) return callback(error, connection)
      connection?.release()
    })
  }
}

interface StreamConnection {
  stream: { setTimeout(ms: number, listener: () => void): void; destroy(error: Error): void }
  query: (query: unknown, ...rest: unknown[]) => unknown
}

function armConnection(connection: PoolConnection, timeoutMs: number, onQuery?: (sql: string) => void): void {
  // mysql2's types hide the socket and spell `query` as a dozen overloads.
  const inner = connection as unknown as StreamConnection
  inner.stream.setTimeout(timeoutMs, () => inner.stream.destroy(new DatabaseTimeoutError('The database is silent.')))
  if (!onQuery) return
  const query = inner.query.bind(connection)
  inner.query = (statement, ...rest) => {
    onQuery(typeof statement === 'string' ? statement : String((statement as { sql: string }).sql))
    return query(statement, ...rest)
  }
}
