import { once } from 'node:events'
import KeyvRedis, { createClient } from '@keyv/redis'
import type { Logger } from 'pino'

/**
 * Waiting is counted in ticks of the event loop. Each tick ends after arrived answers were read, and a stall or a burst
 * of thousands of commands makes it longer; a plain timer for each command would take both for silence of Redis.
 */
const TICK_MS = 50

/** A command is given up after 300 to 350 ms. A healthy Redis answers within a few milliseconds. */
const ANSWER_MAX_TICKS = 7

/** The client sends its next ping 200 ms after the answer to the last one. */
const PING_TICKS = 4

/** How long a start waits for Redis before it goes on without. */
const START_WAIT_MS = 500

/** After Redis has refused a probe. */
const RECONNECT_MS = 500

/**
 * What the service writes: Redis may answer pings and reads and refuse this, as a replica does, a full server, or one
 * whose user may not.
 */
const PROBE = `redis.call('set', KEYS[1], 0, 'px', 1000)
redis.call('incrby', KEYS[1], 1)
return redis.call('pttl', KEYS[1])`

/** Hash slots near the first and the last one: no node of a cluster but an only one has both. */
const PROBE_KEYS = ['gatehouse:probe:{emj}', 'gatehouse:probe:{hia}']

/** Redis did not answer in time, or is known to be away. */
export class RedisAwayError extends Error {
  override name = 'RedisAwayError'
  override message = 'Redis is away'
}

/**
 * The one connection of a process to Redis. The client reconnects by itself; commands go through `run`, which waits
 * 350 ms at most, and not at all while Redis is known to be away. A Redis that refuses to write counts as away.
 */
export class RedisConnection {
  private current: 'starting' | 'ok' | 'down' | 'closed' = 'starting'
  private readonly waits = new Set<{ ticksLeft: number; giveUp(): void }>()
  private readonly ticks = setInterval(() => setImmediate(() => this.tick()), TICK_MS).unref()
  private ticksSincePing = 0
  private probing: Promise<void> | undefined
  private reconnecting: NodeJS.Timeout | undefined

  private constructor(
    readonly client: ReturnType<typeof createRedisClient>,
    private readonly log: Logger,
  ) {
    // Each cache namespace adds its listeners; Node warns of a leak at 11.
    this.client.setMaxListeners(100)
    this.client.on('ready', () => {
      this.ticksSincePing = 0
      void this.probe()
    })
    this.client.on('ping-interval', () => this.pinged())
    this.client.on('error', (error: unknown) => this.enter('down', reasonOf(error)))
  }

  /** Resolves once Redis has answered or refused, after a second at the latest. Never rejects because Redis is away. */
  static async open(url: string, log: Logger): Promise<RedisConnection> {
    const connection = new RedisConnection(createRedisClient(url), log)
    const answered = once(connection.client, 'ready', { signal: AbortSignal.timeout(START_WAIT_MS) })
    // Failures arrive as 'error' events, and the client goes on trying; this promise rejects only on `close`.
    connection.client.connect().catch(() => undefined)
    await answered.catch(() => undefined)
    await connection.probing
    return connection
  }

  state(): 'ok' | 'down' {
    return this.current === 'ok' ? 'ok' : 'down'
  }

  /** Asks Redis, for a service without requests would not learn that it refuses. */
  async check(): Promise<'ok' | 'down'> {
    if (this.current === 'ok') await this.probe()
    return this.state()
  }

  /**
   * Runs a command of `client`. When it is not answered in time, or refused like a probe after it, Redis is down until
   * a probe succeeds; until then commands are rejected at once. The client's socketTimeout is no substitute:
   * each write restarts it, so a busy service would wait for a frozen Redis until the socket's buffers are full.
   *
   * @throws RedisAwayError, and what the command rejects with
   */
  async run<T>(command: () => Promise<T>): Promise<T> {
    if (this.current !== 'ok') throw new RedisAwayError()
    try {
      return await this.inTime(command)
    } catch (error) {
      if (error instanceof RedisAwayError) this.enter('down', 'no answer')
      // Not awaited: the caller goes on without Redis meanwhile.
      else void this.probe()
      throw error
    }
  }

  /** For work of many commands, such as SCAN. A ping has the deadline of `run`; socketTimeout bounds the work itself. */
  async runLong<T>(work: () => Promise<T>): Promise<T> {
    await this.run(() => this.client.ping())
    return work()
  }

  /** What Keyv stores a namespace in. */
  createStore(namespace: string): KeyvRedis<unknown> {
    return new KeyvRedis(this.client, { namespace, throwOnErrors: true })
  }

  /** At once, without waiting for answers: a frozen server would never send them. */
  close(): void {
    this.current = 'closed'
    clearInterval(this.ticks)
    clearTimeout(this.reconnecting)
    if (this.client.isOpen) this.client.destroy()
  }

  private tick(): void {
    this.ticksSincePing += 1
    for (const wait of this.waits) {
      wait.ticksLeft -= 1
      if (wait.ticksLeft === 0) wait.giveUp()
    }
  }

  /** After a late ping `down` goes on: the commands after it would wait in vain. */
  private pinged(): void {
    const isInTime = this.ticksSincePing <= PING_TICKS + ANSWER_MAX_TICKS
    this.ticksSincePing = 0
    if (isInTime && this.current !== 'ok') void this.probe()
  }

  /** Finds out whether Redis does what the service needs, and sets the state. Never rejects. */
  private probe(): Promise<void> {
    this.probing ??= this.inTime(() => Promise.all(PROBE_KEYS.map((key) => this.client.eval(PROBE, { keys: [key] }))))
      .then(
        () => this.enter('ok'),
        (error: unknown) => this.probeFailed(error),
      )
      .finally(() => {
        this.probing = undefined
      })
    return this.probing
  }

  private probeFailed(error: unknown): void {
    const isSilent = error instanceof RedisAwayError
    this.enter('down', isSilent ? 'no answer' : reasonOf(error))
    if (!isSilent && this.current !== 'closed')
      this.reconnecting ??= setTimeout(() => this.reconnect(), RECONNECT_MS).unref()
  }

  /** The address may lead to another server by now, a new master for example, which only a new connection reaches. */
  private reconnect(): void {
    this.reconnecting = undefined
    // A client that is not ready is connecting already.
    if (this.current !== 'down' || !this.client.isReady) return
    this.client.destroy()
    this.client.connect().catch(() => undefined)
  }

  /** @throws RedisAwayError when there is no answer in time */
  private async inTime<T>(command: () => Promise<T>): Promise<T> {
    const silence = Promise.withResolvers<never>()
    const wait = { ticksLeft: ANSWER_MAX_TICKS, giveUp: () => silence.reject(new RedisAwayError()) }
    this.waits.add(wait)
    try {
      return await Promise.race([command(), silence.promise])
    } finally {
      this.waits.delete(wait)
    }
  }

  private enter(state: 'ok' | 'down', reason?: string): void {
    if (this.current === 'closed' || this.current === state) return
    this.current = state
    if (state === 'ok') this.log.info('Redis answers')
    else this.log.warn({ reason }, 'Redis is away; cache and limits go on in this process')
  }
}

/** The pings keep an idle connection busy, so that a second without any traffic means a frozen server. */
function createRedisClient(url: string) {
  return createClient({
    url,
    disableOfflineQueue: true,
    maintNotifications: 'disabled',
    pingInterval: PING_TICKS * TICK_MS,
    socket: { connectTimeout: 500, socketTimeout: 1000, reconnectStrategy: (tries) => Math.min(tries * 50, 1000) },
  })
}

/** A code such as ECONNREFUSED or READONLY. The message stays out of the log because it holds the address. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  if ('code' in error && typeof error.code === 'string') return error.code
  return /^[A-Z]{3,}\b/.exec(error.message)?.[0] ?? error.constructor.name
}
