import type { Pool, PoolConnection } from 'mysql2'

/** How long a request waits for a connection while none changes hands: silence of the server, or a handshake. */
const HAND_OVER_MS = 400

/** Shorter than the silence that ends a connection, so that the server reports a lock time-out as such. */
const LOCK_WAIT_SECONDS = 1

/** A statement or a connection that did not come in time. */
export class DatabaseTimeoutError extends Error {
  readonly code = 'DATABASE_TIMEOUT'
}

type OnQuery = (sql: string) => void

/**
 * Gives a pool the deadlines that mysql2 lacks: silence of the server ends a connection, and with it every
 * statement that waits on it; waiting for a connection ends as well, sooner where the pool stands still.
 *
 * @param timeoutMs silence after which a connection is given up, and the longest wait for a connection
 * @param onQuery told of each statement
 */
export function armPool(pool: Pool, timeoutMs: number, onQuery?: OnQuery): void {
  pool.on('connection', (connection) => armConnection(connection, timeoutMs, onQuery))
  const acquire = pool.getConnection.bind(pool)
  const deadlines = new AcquireDeadlines(timeoutMs)
  pool.getConnection = (callback) => {
    const deadline = deadlines.start((error) => callback(error, undefined as never))
    acquire((error, connection) => {
      if (!error) deadlines.noteHandOver()
      if (deadline.stop()) callback(error, connection)
      else connection?.release()
    })
    outliveRepeatedErrors(pool)
  }
}

/** A wait ends when no connection has changed hands for 400 ms, or when it is as long as a statement may be silent. */
class AcquireDeadlines {
  private lastHandOverAt = 0

  constructor(private readonly maxMs: number) {}

  noteHandOver(): void {
    this.lastHandOverAt = performance.now()
  }

  /** @returns `stop` tells whether the wait was still on */
  start(giveUp: (error: Error & { errno: number }) => void): { stop(): boolean } {
    const startedAt = performance.now()
    let timer: NodeJS.Timeout | undefined
    const schedule = (ms: number) => {
      // After a stall of this process, what the server has sent meanwhile is read first.
      timer = setTimeout(() => setImmediate(check), ms)
    }
    const check = () => {
      if (!timer) return
      const now = performance.now()
      const leftMs = Math.min(
        Math.max(startedAt, this.lastHandOverAt) + HAND_OVER_MS - now,
        startedAt + this.maxMs - now,
      )
      if (leftMs > 0) return schedule(leftMs)
      timer = undefined
      giveUp(Object.assign(new DatabaseTimeoutError('No connection to the database in time.'), { errno: 0 }))
    }
    schedule(Math.min(HAND_OVER_MS, this.maxMs))
    const stop = () => {
      const isOn = timer !== undefined
      clearTimeout(timer)
      timer = undefined
      return isOn
    }
    return { stop }
  }
}

/** mysql2 hides the socket, and spells `query` as a dozen overloads. */
interface InnerConnection {
  stream: {
    readonly bytesRead: number
    readonly bytesWritten: number
    setTimeout(ms: number, listener: () => void): void
    destroy(error: Error): void
  }
  query(statement: string | { sql: string }, ...rest: unknown[]): unknown
  destroy(): void
}

function armConnection(connection: PoolConnection, timeoutMs: number, onQuery?: OnQuery): void {
  const inner = connection as unknown as InnerConnection
  const { stream } = inner
  stream.setTimeout(timeoutMs, () => {
    const { bytesRead, bytesWritten } = stream
    // After a stall of this process the answer may be there, unread; and an idle connection may just have been taken.
    setImmediate(() => {
      if (stream.bytesRead !== bytesRead || stream.bytesWritten !== bytesWritten) return
      stream.destroy(new DatabaseTimeoutError('The database is silent.'))
    })
  })
  const query = inner.query.bind(connection)
  query(`set session innodb_lock_wait_timeout = ${LOCK_WAIT_SECONDS}`, () => undefined)
  inner.query = (statement, ...rest) => {
    const sql = typeof statement === 'string' ? statement : statement.sql
    onQuery?.(sql)
    return query(statement, ...(TRANSACTION_CONTROL.has(sql) ? guarded(inner, rest) : rest))
  }
}

const TRANSACTION_CONTROL = new Set(['begin', 'commit', 'rollback'])

/**
 * A connection whose begin, commit or rollback failed is closed: in which state it is nobody knows, and kysely
 * would never give it back to the pool.
 */
function guarded(connection: InnerConnection, rest: unknown[]): unknown[] {
  const callback = rest.at(-1)
  if (typeof callback !== 'function') return rest
  const closeAfterFault = (error: unknown, ...results: unknown[]) => {
    if (error) connection.destroy()
    callback(error, ...results)
  }
  return [...rest.slice(0, -1), closeAfterFault]
}

/**
 * The pool listens to the first error of a connection alone, and a second one, which mysql2 does emit (an error
 * packet, then the reset), would end the process. The newest connection is still connecting here.
 */
function outliveRepeatedErrors(pool: Pool): void {
  const { _allConnections: all } = pool as unknown as {
    _allConnections: { length: number; get(index: number): PoolConnection }
  }
  if (all.length === 0) return
  const newest = all.get(all.length - 1)
  if (!newest.listeners('error').includes(ignore)) newest.on('error', ignore)
}

const ignore = () => undefined
