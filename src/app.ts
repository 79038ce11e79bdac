import type { Writable } from 'node:stream'
import type { Logger } from 'pino'
import { createSchema } from './api/schema.ts'
import { type RunningServer, startServer } from './api/server.ts'
import { createStores } from './cache/stores.ts'
import { type Clock, systemClock } from './clock.ts'
import type { Config } from './config.ts'
import { createContext, createServices, type Services } from './context.ts'
import { type OnQuery, openDatabase } from './database/orm.ts'
import { isDatabaseUp, prepareDatabase, whenAvailable } from './database/prepare.ts'
import { ServiceUnavailableError } from './errors.ts'
import { createLogger } from './logger.ts'
import { createMetrics } from './metrics.ts'
import { schedulePruning } from './prune.ts'
import { addressKey } from './rate-limit/client-key.ts'
import { RateLimits } from './rate-limit/rate-limits.ts'
import { createShared, type Parts, type Shared } from './shared.ts'
import { type AdminAccount, createAdmin, createFirstAdmin } from './users/first-admin.ts'

export interface App {
  /** `http://host:port`, without a path. */
  readonly url: string
  readonly metricsUrl: string | undefined
  readonly log: Logger
  /** The services without a request, on an entity manager of their own: for operators and extensions. */
  services(): Services
  /** Makes an administrator; the first one comes about no other way. @throws BadUserInputError, ConflictError */
  createAdmin(account: AdminAccount): Promise<{ id: string }>
  /** The password of the administrator that was made because there was no account at all; else null. */
  createFirstAdmin(): Promise<string | null>
  /** Lets requests in progress finish (10 s at most), then closes everything. Idempotent. */
  close(): Promise<void>
}

/** What tests put in the place of the real thing. */
export interface Overrides {
  clock?: Clock
  logDestination?: Writable
  /** Told of each SQL statement. */
  onQuery?: OnQuery
}

const NOBODY = { ipAddress: null, userAgent: null }

/**
 * The first composition root, once for each service: connections, schema, server, keys. Several may live in one
 * process. Listens at once, and answers SERVICE_UNAVAILABLE until the database does.
 *
 * @throws StartRefusedError for what the operator has to mend; nothing is left open then
 */
export async function createApp(config: Config, overrides: Overrides = {}): Promise<App> {
  const parts = await openParts(config, overrides)
  const ready: { shared?: Shared } = {}
  const server = await listen(parts, ready).catch(async (error: unknown) => {
    await closeParts(parts)
    throw error
  })
  let isClosing = false
  const close = async () => {
    isClosing = true
    await server.close()
    pruning?.stop()
    await closeParts(parts)
  }
  let pruning: { stop(): void } | undefined
  try {
    const shared = await whenAvailable(
      parts.log,
      () => isClosing,
      async () => {
        await prepareDatabase(config.database, parts.orm)
        return createShared(parts)
      },
    )
    ready.shared = shared
    pruning = schedulePruning(shared)
    const services = () => createServices(shared, shared.orm.em.fork({ useContext: true }), NOBODY)
    return {
      url: server.url,
      metricsUrl: server.metricsUrl,
      log: parts.log,
      services,
      createAdmin: (account) => createAdmin(services().users, account),
      createFirstAdmin: () => createFirstAdmin(services().users),
      close: once(close),
    }
  } catch (error) {
    await close()
    throw error
  }
}

async function openParts(config: Config, { clock = systemClock, logDestination, onQuery }: Overrides): Promise<Parts> {
  const log = createLogger(config.log, logDestination)
  const metrics = await createMetrics(config.http.metricsPort !== undefined)
  const orm = await openDatabase(config.database, onQuery)
  const stores = await createStores({ redisUrl: config.redisUrl, log })
  const limits = new RateLimits({ redis: stores.redis, factor: config.rateLimitFactor, log, clock })
  return { config, orm, stores, log, clock, metrics, limits }
}

async function closeParts({ orm, stores }: Parts): Promise<void> {
  await Promise.allSettled([orm.close(), stores.close()])
}

async function listen(parts: Parts, ready: { shared?: Shared }): Promise<RunningServer> {
  const { config, log, limits, stores, orm, metrics } = parts
  const shared = (): Shared => {
    if (!ready.shared) throw new ServiceUnavailableError()
    return ready.shared
  }
  return startServer({
    http: config.http,
    log,
    schema: await createSchema(limits),
    createContext: async (request) => createContext(shared(), request),
    jwks: async () => shared().tokens.jwks(),
    checkDatabase: async () => ready.shared !== undefined && isDatabaseUp(orm),
    checkRedis: async () => stores.state(),
    consumeRequest: (address) => limits.consume('request', addressKey(address), config.http.requestsPerMinute, 60),
    metrics: metrics.text,
    onOperation: metrics.operationAnswered,
  })
}

function once(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined
  return () => {
    running ??= work()
    return running
  }
}
