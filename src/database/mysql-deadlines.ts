import type { Pool, PoolConnection } from 'mysql2'

/** How long a request waits for a connection once the database was found silent, until it answers again. */
const DOUBTFUL_WAIT_MS = 400

/** An idle connection is ended after this time: before firewalls, proxies and the server do so without a word. */
const IDLE_MS = 30_000

/**
 * The first statement of each connection, whatever an operator has set for the sake of other programs.
 *
 * - The server ends an idle connection well after we do, and one whose client has vanished before long.
 * - Waits for locks on rows and tables: shorter than the silence that ends a connection, so that the server tells of a
 *   lock as such, and no statement goes on waiting in the server for a client that has left.
 * - How the server reads texts. The driver writes values into statements, in UTF-8 and with a backslash before a quote:
 *   to a server that takes bytes for another encoding, or backslashes as they are, such a quote would end the text.
 * - Strictness: what does not fit is refused, not cut.
 */
const SESSION = `set session wait_timeout = 120, innodb_lock_wait_timeout = 1, lock_wait_timeout = 1,
  character_set_client = utf8mb4, character_set_results = utf8mb4, collation_connection = utf8mb4_unicode_ci,
  sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'`

/** A statement or a connection that did not come in time. */
export class DatabaseTimeoutError extends Error {
  readonly code = 'DATABASE_TIMEOUT'
}

type OnQuery = (sql: string) => void

export interface Deadlines {
  /** Silence after which a connection with a statement is given up, and the longest wait for a connection. */
  timeoutMs: number
  /** How much longer a connection without one may be silent. */
  idleMs?: number
}

/**
 * Gives the connections of a pool the settings above, and the deadlines that mysql2 lacks: silence of the server ends a
 * connection, and with it every statement that waits on it; waiting for a connection ends as well. One request may meet
 * both, one after the other, so the wait is short where silence was met before.
 *
 * @param onQuery told of each statement
 */
export function armPool(pool: Pool, { timeoutMs, idleMs = IDLE_MS }: Deadlines, onQuery?: OnQuery): void {
  const { _allConnections: all, _freeConnections: free } = pool as unknown as InnerPool
  let isDoubtful = false
  const doubt = () => {
    isDoubtful = true
    // They may be as dead, and each would cost a request its time to find out.
    for (const connection of Array.from({ length: free.length }, (_, index) => free.get(index))) cut(connection)
  }
  pool.on('connection', (connection) => armConnection(connection, { timeoutMs, idleMs, onQuery, onSilence: doubt }))
  const acquire = pool.getConnection.bind(pool)
  pool.getConnection = (callback) => {
    if (!isDoubtful && free.length > 0) return acquire(callback)
    const wait = new Wait(isDoubtful ? Math.min(DOUBTFUL_WAIT_MS, timeoutMs) : timeoutMs, (error) => {
      doubt()
      callback(error, undefined as never)
    })
    acquire((error, connection) => {
      if (!error) isDoubtful = false
      if (wait.end()) callback(error, connection)
      else connection?.release()
    })
    outliveRepeatedErrors(all)
  }
}

class Wait {
  private isOn = true
  private readonly timer: NodeJS.Timeout

  constructor(ms: number, giveUp: (error: NodeJS.ErrnoException) => void) {
    this.timer = setTimeout(() => {
      // After a stall of this process, what the server has sent meanwhile is read first.
      setImmediate(() => {
        if (!this.end()) return
        giveUp(Object.assign(new DatabaseTimeoutError('No connection to the database in time.'), { errno: 0 }))
      })
    }, ms)
  }

  /** @returns whether it was still on */
  end(): boolean {
    clearTimeout(this.timer)
    const wasOn = this.isOn
    this.isOn = false
    return wasOn
  }
}

/** mysql2 hides these. */
interface InnerPool {
  readonly _allConnections: Queue
  readonly _freeConnections: Queue
}

interface Queue {
  readonly length: number
  get(index: number): PoolConnection
}

/** mysql2 hides the socket, and spells `query` as a dozen overloads. */
interface InnerConnection {
  stream: {
    readonly bytesRead: number
    readonly bytesWritten: number
    setTimeout(ms: number): void
    on(event: 'timeout', listener: () => void): void
    destroy(error?: Error): void
  }
  query(statement: string | { sql: string }, ...rest: unknown[]): unknown
}

interface Arms extends Required<Deadlines> {
  onQuery?: OnQuery
  /** A statement, and not an idle connection, has met silence. */
  onSilence: () => void
}

function armConnection(connection: PoolConnection, { timeoutMs, idleMs, onQuery, onSilence }: Arms): void {
  const inner = connection as unknown as InnerConnection
  const { stream } = inner
  let running = 0
  let isResting = false
  stream.setTimeout(timeoutMs)
  whenSilent(stream, () => {
    if (running > 0) {
      stream.destroy(new DatabaseTimeoutError('The database is silent.'))
      return onSilence()
    }
    if (isResting) return cut(connection)
    isResting = true
    stream.setTimeout(idleMs)
  })
  const query = inner.query.bind(connection)
  // What waits for this connection already is told of the error as well.
  query(SESSION, (error: Error | null) => error && stream.destroy(error))
  inner.query = (statement, ...rest) => {
    const sql = typeof statement === 'string' ? statement : statement.sql
    onQuery?.(sql)
    if (isResting) {
      isResting = false
      stream.setTimeout(timeoutMs)
    }
    const callback = rest.at(-1)
    if (!isCallback(callback)) return query(statement, ...rest)
    running += 1
    const answered: Callback = (error, ...results) => {
      running -= 1
      // In which state it is nobody knows.
      if (error && TRANSACTION_CONTROL.has(sql)) connection.destroy()
      callback(error, ...results)
    }
    return query(statement, ...rest.slice(0, -1), answered)
  }
}

function whenSilent(stream: InnerConnection['stream'], then: () => void): void {
  stream.on('timeout', () => {
    const { bytesRead, bytesWritten } = stream
    // After a stall of this process the answer may be there, unread; and an idle connection may just have been taken.
    setImmediate(() => {
      if (stream.bytesRead === bytesRead && stream.bytesWritten === bytesWritten) then()
    })
  })
}

/** At once, and out of the pool: mysql2's own way waits until the other end has said goodbye. */
function cut(connection: PoolConnection): void {
  connection.destroy()
  const { stream } = connection as unknown as InnerConnection
  stream.destroy()
}

type Callback = (error: unknown, ...results: unknown[]) => void

function isCallback(value: unknown): value is Callback {
  return typeof value === 'function'
}

const TRANSACTION_CONTROL = new Set(['begin', 'commit', 'rollback'])

/**
 * The pool listens to the first error of a connection alone, and a second one, which mysql2 does emit (an error
 * packet, then the reset), would end the process. The newest connection is still connecting here.
 */
function outliveRepeatedErrors(all: InnerPool['_allConnections']): void {
  if (all.length === 0) return
  const newest = all.get(all.length - 1)
  if (!newest.listeners('error').includes(ignore)) newest.on('error', ignore)
}

const ignore = () => undefined
