import { connect, type Socket } from 'node:net'
import type { MysqlPool, MysqlPoolConnection, MysqlQueryResult } from 'kysely'
import { createPool, type Pool, type PoolConnection, type PoolOptions } from 'mysql2'

/** How long a request waits for a connection once the database was found silent, until it answers again. */
const SUSPECT_WAIT_MS = 400

/** After a failure of one of these the state of the connection is unknown: it is never used again. */
const CONTROL = /^(begin|commit|rollback|set session)\b/

/** A statement or a connection that did not come in time. */
export class DatabaseTimeoutError extends Error {
  readonly code = 'DATABASE_TIMEOUT'
}

export interface PoolDeadlines {
  /** The longest wait for the answer to a statement, and for a connection. */
  timeoutMs: number
  /** Silence after which a connection is ended, in use or not; 0: never. */
  idleMs: number
  /** Told of each statement. */
  onQuery?: (sql: string) => void
}

type Callback<Result> = (error: unknown, result: Result) => void

/**
 * mysql2's pool with the deadlines that it lacks: a statement without an answer ends its connection, and waiting for a
 * connection ends as well. One request may meet both, so the wait is short where silence was met before.
 */
export class DeadlinePool implements MysqlPool {
  readonly #pool: Pool
  readonly #sockets = new Set<Socket>()
  readonly #idle = new Set<PoolConnection>()
  readonly #known = new WeakMap<PoolConnection, DeadlineConnection>()
  #isSuspect = false

  constructor(
    options: PoolOptions,
    private readonly deadlines: PoolDeadlines,
  ) {
    this.#pool = createPool({ ...options, stream: () => this.#openSocket(options) })
    this.#pool.on('connection', (connection) => {
      // mysql2 may emit a second error of one connection, and an error that nobody listens to ends the process.
      connection.on('error', () => undefined)
      connection.on('end', () => this.#idle.delete(connection))
    })
    this.#pool.on('acquire', (connection) => this.#idle.delete(connection))
    this.#pool.on('release', (connection) => this.#idle.add(connection))
  }

  getConnection(callback: Callback<MysqlPoolConnection>): void {
    const { timeoutMs } = this.deadlines
    const deadline = new Deadline(this.#isSuspect ? Math.min(SUSPECT_WAIT_MS, timeoutMs) : timeoutMs, () => {
      this.#suspect()
      callback(new DatabaseTimeoutError('No connection to the database in time.'), undefined as never)
    })
    this.#pool.getConnection((error, connection) => {
      if (!deadline.isMet()) return connection?.release()
      if (error) return callback(error, undefined as never)
      this.#isSuspect = false
      callback(null, this.#withDeadlines(connection))
    })
  }

  /** Says goodbye to the server, and hangs up where that is not answered in time. */
  end(callback: (error: unknown) => void): void {
    for (const socket of this.#sockets) socket.setTimeout(this.deadlines.timeoutMs, () => socket.destroy())
    this.#pool.end(callback)
  }

  #withDeadlines(connection: PoolConnection): DeadlineConnection {
    const known = this.#known.get(connection)
    if (known) return known
    const made = new DeadlineConnection(connection, this.deadlines, () => this.#suspect())
    this.#known.set(connection, made)
    return made
  }

  /** If one connection is dead, its idle siblings probably are: drop them, or each costs one request a time-out. */
  #suspect(): void {
    this.#isSuspect = true
    for (const connection of this.#idle) connection.destroy()
    this.#idle.clear()
  }

  /** Of a connection that was given up as well: mysql2 sends its end, and a server that is away never answers that. */
  #openSocket({ host, port }: PoolOptions): Socket {
    const socket = connect({ host, port: port ?? 3306, noDelay: true, keepAlive: true })
    this.#sockets.add(socket)
    socket.setTimeout(this.deadlines.idleMs, () => socket.destroy())
    return socket.on('close', () => this.#sockets.delete(socket))
  }
}

/** A connection of mysql2's pool as Kysely uses it, whose statements have a deadline. */
class DeadlineConnection implements MysqlPoolConnection {
  constructor(
    private readonly connection: PoolConnection,
    private readonly deadlines: PoolDeadlines,
    private readonly onSilence: () => void,
  ) {}

  get config(): object {
    return this.connection.config
  }

  get threadId(): number {
    return this.connection.threadId
  }

  query(sql: string, values: unknown[], callback?: Callback<MysqlQueryResult>) {
    this.deadlines.onQuery?.(sql)
    if (!callback) return this.connection.query(sql, values)
    const deadline = new Deadline(this.deadlines.timeoutMs, () => {
      this.connection.destroy()
      this.onSilence()
      callback(new DatabaseTimeoutError('The database is silent.'), [])
    })
    return this.connection.query(sql, values, (error, result) => {
      if (!deadline.isMet()) return
      if (error && CONTROL.test(sql)) this.connection.destroy()
      callback(error, result as MysqlQueryResult)
    })
  }

  connect(callback?: (error: unknown) => void): void {
    this.connection.connect(callback)
  }

  release(): void {
    this.connection.release()
  }

  destroy(): void {
    this.connection.destroy()
  }
}

class Deadline {
  #isPending = true
  readonly #timer: NodeJS.Timeout

  constructor(ms: number, onMissed: () => void) {
    // After a stall of this process, an answer that has arrived meanwhile is read first.
    this.#timer = setTimeout(() => setImmediate(() => this.isMet() && onMissed()), ms)
  }

  /** Ends it. False where it was missed before. */
  isMet(): boolean {
    clearTimeout(this.#timer)
    const wasPending = this.#isPending
    this.#isPending = false
    return wasPending
  }
}
