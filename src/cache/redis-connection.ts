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

/** Redis did not answer in time, or is known to be away. */
export class RedisAwayError extends Error {
  override name = 'RedisAwayError'
  override message = 'Redis is away'
}

/**
 * The one connection of a process to Redis. The client reconnects by itself; commands go through `run`, which waits
 * 350 ms at most, and not at all while Redis is known to be away.
 */
export class RedisConnection {
  private current: 'starting' | 'ok' | 'down' | 'closed' = 'starting'
  private readonly waits = new Set<{ ticksLeft: number; giveUp(): void }>()
  private readonly ticks = setInterval(() => setImmediate(() => this.tick()), TICK_MS).unref()
  private ticksSincePing = 0

  private constructor(
    readonly client: ReturnType<typeof createRedisClient>,
    private readonly log: Logger,
  ) {
    // Each cache namespace adds its listeners; Node warns of a leak at 11.
    this.client.setMaxListeners(100)
    this.client.on('ready', () => this.answered(true))
    this.client.on('ping-interval', () => this.answered(this.ticksSincePing <= PING_TICKS + ANSWER_MAX_TICKS))
    this.client.on('error', (error: unknown) => this.enter('down', reasonOf(error)))
  }

  /** Resolves once Redis has answered or refused, after 500 ms at the latest. Never rejects because Redis is away. */
  static async open(url: string, log: Logger): Promise<RedisConnection> {
    const connection = new RedisConnection(createRedisClient(url), log)
    const answered = once(connection.client, 'ready', { signal: AbortSignal.timeout(START_WAIT_MS) })
    // Failures arrive as 'error' events, and the client goes on trying; this promise rejects only on `close`.
    connection.client.connect().catch(() => undefined)
    await answered.catch(() => undefined)
    return connection
  }

  state(): 'ok' | 'down' {
    return this.current === 'ok' ? 'ok' : 'down'
  }

  /**
   * Runs a command of `client`. When it is not answered in time, Redis is down until another command or a ping of the
   * client is answered in time; until then commands are rejected at once. The client's socketTimeout is no substitute:
   * each write restarts it, so a busy service would wait for a frozen Redis until the socket's buffers are full.
   *
   * @throws RedisAwayError, and what the command rejects with
   */
  async run<T>(command: () => Promise<T>): Promise<T> {
    if (this.current !== 'ok') throw new RedisAwayError()
    const silence = Promise.withResolvers<never>()
    const wait = { ticksLeft: ANSWER_MAX_TICKS, giveUp: () => silence.reject(new RedisAwayError()) }
    this.waits.add(wait)
    try {
      const answer = await Promise.race([command(), silence.promise])
      this.enter('ok')
      return answer
    } catch (error) {
      if (error instanceof RedisAwayError) this.enter('down', 'no answer')
      throw error
    } finally {
      this.waits.delete(wait)
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
    if (this.client.isOpen) this.client.destroy()
  }

  private tick(): void {
    this.ticksSincePing += 1
    for (const wait of this.waits) {
      wait.ticksLeft -= 1
      if (wait.ticksLeft === 0) wait.giveUp()
    }
  }

  /** A late ping does not end `down`: the commands after it would wait in vain. */
  private answered(isInTime: boolean): void {
    this.ticksSincePing = 0
    if (isInTime) this.enter('ok')
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

/** A code such as ECONNREFUSED or WRONGPASS. The message stays out of the log because it holds the address. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  if ('code' in error && typeof error.code === 'string') return error.code
  return /^[A-Z]{4,}\b/.exec(error.message)?.[0] ?? error.constructor.name
}
