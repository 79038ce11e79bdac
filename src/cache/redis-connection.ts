import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import { AnswerWatch } from './answer-watch.ts'

/** How long one command may take while others are answered. */
const COMMAND_MAX_MS = 450

/** How long a start waits for Redis before it goes on without. */
const START_WAIT_MS = 500

type RedisClient = Awaited<ReturnType<typeof createRedisClient>>

/** Redis did not answer in time, or is known to be away. */
export class RedisAwayError extends Error {
  constructor() {
    super('Redis is away')
    this.name = 'RedisAwayError'
  }
}

/**
 * The one connection to Redis. It heals by itself; whoever uses it goes through `run`, which never waits for
 * long and answers at once while Redis is known to be away.
 */
export class RedisConnection {
  private readonly watch = new AnswerWatch(() => this.enter('down', 'no answer'))
  private current: 'ok' | 'down' | undefined
  private closed = false

  private constructor(
    readonly client: RedisClient,
    private readonly log: Logger,
  ) {
    this.client.setMaxListeners(100)
    this.client.on('ready', () => this.enter('ok'))
    this.client.on('ping-interval', () => {
      this.watch.noteAnswer()
      this.enter('ok')
    })
    this.client.on('error', (error: unknown) => this.enter('down', reasonOf(error)))
  }

  /** Resolves once Redis has answered or refused, after 500 ms at the latest. Never rejects because Redis is away. */
  static async open(url: string, log: Logger): Promise<RedisConnection> {
    const connection = new RedisConnection(await createRedisClient(url), log)
    const answered = new Promise<void>((resolve) => {
      connection.client.once('ready', () => resolve())
      connection.client.once('error', () => resolve())
    })
    // Its faults arrive as 'error' events; the promise only settles when somebody closes the client.
    connection.client.connect().catch(() => undefined)
    await Promise.race([answered, delay(START_WAIT_MS, undefined, { ref: false })])
    return connection
  }

  state(): 'ok' | 'down' {
    return this.current ?? 'down'
  }

  /**
   * Runs commands of `client`. Rejects with RedisAwayError after 300 ms of silence, then at once until Redis answers
   * again; what takes longer than `maxMs` is given up alone. This is needed beside the client's socketTimeout: every
   * write of a busy service restarts that one, so under load a frozen Redis would be waited for until the socket's
   * buffers are full.
   */
  run<T>(commands: () => Promise<T>, maxMs = COMMAND_MAX_MS): Promise<T> {
    if (this.closed || this.current !== 'ok') return Promise.reject(new RedisAwayError())
    return new Promise<T>((resolve, reject) => {
      const answered = this.watch.expect(maxMs, () => reject(new RedisAwayError()))
      commands().then(resolve, reject).finally(answered)
    })
  }

  /** At once: nothing in Redis is worth waiting for, and a frozen server would be waited for without end. */
  close(): void {
    if (this.closed) return
    this.closed = true
    this.current = 'down'
    if (this.client.isOpen) this.client.destroy()
  }

  private enter(state: 'ok' | 'down', reason?: string): void {
    if (this.closed || state === this.current) return
    this.current = state
    if (state === 'ok') this.log.info('Redis answers')
    else this.log.warn({ reason }, 'Redis is away; cache and limits go on in this process')
  }
}

/** With the pings, silence on the socket means a frozen server. Connecting is tried again within a second. */
async function createRedisClient(url: string) {
  // 400 modules, of no use to whoever has no Redis.
  const { createClient } = await import('@keyv/redis')
  return createClient({
    url,
    disableOfflineQueue: true,
    maintNotifications: 'disabled',
    pingInterval: 200,
    socket: { connectTimeout: 500, socketTimeout: 1000, reconnectStrategy: (tries) => Math.min(tries * 50, 1000) },
  })
}

/** A code such as ECONNREFUSED or WRONGPASS. The message stays out of the log: it holds the address. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  if ('code' in error && typeof error.code === 'string') return error.code
  return /^[A-Z]{4,}\b/.exec(error.message)?.[0] ?? error.constructor.name
}
