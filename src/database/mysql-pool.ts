import { connect, isIP, type Socket } from 'node:net'
import type { MysqlPool, MysqlPoolConnection, MysqlQueryResult } from 'kysely'
import { createPool, type Pool, type PoolConnection, type PoolOptions } from 'mysql2'
import { isRefusal } from './faults.ts'
import type { DatabaseObserver, PoolUsage } from './observer.ts'

/** The longest wait for a connection after the database was found silent, until it answers again. */
const SUSPECT_WAIT_MS = 400

/** After a failed one of these a transaction may still be open: the connection is never reused. */
const CONTROL = /^(begin|commit|rollback|set session)\b/

/** No answer to a statement, or no connection, in time. */
export class DatabaseTimeoutError extends Error {
  readonly code = 'DATABASE_TIMEOUT'
}

export interface PoolDeadlines {
  /** The longest wait for an answer, and for a connection. */
  timeoutMs: number
  /** Silence after which a connection is closed, in use or not; 0: never. */
  idleMs: number
}

/** What a connection tells and asks its pool. */
interface PoolEvents {
  onSilence(): void
  onRefusal(): void
  isOutdated(): boolean
  /** The connection is given back, or destroyed. */
  onReturned(): void
}

type Callback<Result> = (error: unknown, result: Result) => void

/**
 * mysql2's pool with deadlines, which it lacks: for the answer to a statement, whose connection is then closed, and for
 * a connection. One request may wait for both, so the second wait is short after the database was found silent.
 */
export class DeadlinePool implements MysqlPool {
  readonly #pool: Pool
  readonly #sockets = new Set<Socket>()
  readonly #idle = new Set<PoolConnection>()
  readonly #used = new Set<PoolConnection>()
  #waiting = 0
  readonly #known = new WeakMap<PoolConnection, DeadlineConnection>()
  #isSuspect = false
  #generation = 0

  constructor(
    options: PoolOptions,
    private readonly deadlines: PoolDeadlines,
    private readonly observer: DatabaseObserver = {},
  ) {
    observer.onPool?.(
      (): PoolUsage => ({
        used: this.#used.size,
        max: options.connectionLimit ?? 0,
        waiting: this.#waiting,
      }),
    )
    this.#pool = createPool({
      ...options,
      host: nameToVerify(options.host ?? ''),
      stream: () => this.#openSocket(options),
    })
    this.#pool.on('connection', (connection) => {
      // mysql2 may emit a second error of a connection, and an error event without a listener ends the process.
      connection.on('error', () => undefined)
      connection.on('end', () => this.#idle.delete(connection))
    })
    this.#pool.on('acquire', (connection) => this.#idle.delete(connection))
    this.#pool.on('release', (connection) => this.#idle.add(connection))
  }

  getConnection(callback: Callback<MysqlPoolConnection>): void {
    const { timeoutMs } = this.deadlines
    this.#waiting += 1
    const deadline = new Deadline(this.#isSuspect ? Math.min(SUSPECT_WAIT_MS, timeoutMs) : timeoutMs, () => {
      this.#waiting -= 1
      this.#suspect()
      callback(new DatabaseTimeoutError('No connection to the database in time.'), undefined as never)
    })
    this.#pool.getConnection((error, connection) => {
      if (!deadline.isMet()) return connection?.release()
      this.#waiting -= 1
      if (error) return callback(error, undefined as never)
      this.#isSuspect = false
      this.#used.add(connection)
      callback(null, this.#withDeadlines(connection))
    })
  }

  /** Closes the connections, and destroys those that the server does not close in time. */
  end(callback: (error: unknown) => void): void {
    for (const socket of this.#sockets) socket.setTimeout(this.deadlines.timeoutMs, () => socket.destroy())
    this.#pool.end(callback)
  }

  #withDeadlines(connection: PoolConnection): DeadlineConnection {
    const known = this.#known.get(connection)
    if (known) return known
    const generation = this.#generation
    const made = new DeadlineConnection(connection, this.deadlines, this.observer, {
      onSilence: () => this.#suspect(),
      onRefusal: () => this.#dropAll(),
      isOutdated: () => generation < this.#generation,
      onReturned: () => this.#used.delete(connection),
    })
    this.#known.set(connection, made)
    return made
  }

  /** If one connection is dead, its idle siblings probably are: drop them, or each costs one request a time-out. */
  #suspect(): void {
    this.#isSuspect = true
    this.#dropIdle()
  }

  /** The address may lead to another server by now, which only new connections reach. Those in use end at release. */
  #dropAll(): void {
    this.#generation += 1
    this.#dropIdle()
  }

  #dropIdle(): void {
    for (const connection of this.#idle) connection.destroy()
    this.#idle.clear()
  }

  /** Sockets are tracked by `end`: an absent server never answers the goodbye that mysql2 sends. */
  #openSocket({ host, port }: PoolOptions): Socket {
    const socket = connect({ host, port: port ?? 3306, noDelay: true, keepAlive: true })
    this.#sockets.add(socket)
    socket.setTimeout(this.deadlines.idleMs, () => socket.destroy())
    return socket.on('close', () => this.#sockets.delete(socket))
  }
}

/**
 * The host as mysql2 has it checked in the certificate. It would have an address checked as the name localhost; with a
 * dot at its end it takes it for a name, and Node's check, which leaves the dot out, for an address.
 */
function nameToVerify(host: string): string {
  return isIP(host) === 0 ? host : `${host}.`
}

/** A connection of mysql2's pool as Kysely uses it, with a deadline for each statement. */
class DeadlineConnection implements MysqlPoolConnection {
  constructor(
    private readonly connection: PoolConnection,
    private readonly deadlines: PoolDeadlines,
    private readonly observer: DatabaseObserver,
    private readonly pool: PoolEvents,
  ) {}

  get config(): object {
    return this.connection.config
  }

  get threadId(): number {
    return this.connection.threadId
  }

  query(sql: string, values: unknown[], callback?: Callback<MysqlQueryResult>) {
    this.observer.onQuery?.(sql)
    if (!callback) return this.connection.query(sql, values)
    const onEnd = this.observer.onStatement?.(sql)
    const deadline = new Deadline(this.deadlines.timeoutMs, () => {
      this.connection.destroy()
      this.pool.onSilence()
      const error = new DatabaseTimeoutError('The database is silent.')
      onEnd?.(error)
      callback(error, [])
    })
    return this.connection.query(sql, values, (error, result) => {
      if (!deadline.isMet()) return
      onEnd?.(error)
      if (isRefusal(error)) this.pool.onRefusal()
      if (isRefusal(error) || (error && CONTROL.test(sql))) this.connection.destroy()
      callback(error, result as MysqlQueryResult)
    })
  }

  connect(callback?: (error: unknown) => void): void {
    this.connection.connect(callback)
  }

  release(): void {
    this.pool.onReturned()
    if (this.pool.isOutdated()) this.connection.destroy()
    else this.connection.release()
  }

  destroy(): void {
    this.pool.onReturned()
    this.connection.destroy()
  }
}

class Deadline {
  #isPending = true
  readonly #timer: NodeJS.Timeout

  constructor(ms: number, onMissed: () => void) {
    // setImmediate: after a stall of this process, answers that have arrived are read first.
    this.#timer = setTimeout(() => setImmediate(() => this.isMet() && onMissed()), ms)
  }

  /** Ends the wait. False when the deadline was missed before. */
  isMet(): boolean {
    clearTimeout(this.#timer)
    const wasPending = this.#isPending
    this.#isPending = false
    return wasPending
  }
}
