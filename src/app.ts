import type { Writable } from 'node:stream'
import type { Logger } from 'pino'
import { createStores } from './cache/stores.ts'
import { type Clock, systemClock } from './clock.ts'
import type { Config } from './config.ts'
import { AppContext } from './context.ts'
import { type OnQuery, openDatabase } from './database/orm.ts'
import { isDatabaseUp, prepareDatabase, type Start, startWhenAvailable } from './database/prepare.ts'
import { ServiceUnavailableError } from './errors.ts'
import { fieldNames } from './graphql/field-names.ts'
import { type RunningServer, startServer } from './http/server.ts'
import { createLogger } from './logger.ts'
import { createMetrics } from './metrics.ts'
import { schedulePruning } from './operations/prune.ts'
import { createShared, type Parts, type Shared } from './parts.ts'
import { RateLimits } from './rate-limit/rate-limits.ts'
import { RequestLimit } from './rate-limit/request-limit.ts'
import { createSchema } from './schema.ts'
import { Services } from './services.ts'
import { type AdminAccount, createAdmin, createFirstAdmin } from './users/first-admin.ts'

export interface App {
  /** `http://host:port`, without a path. */
  readonly url: string
  readonly metricsUrl: string | undefined
  readonly log: Logger
  /**
   * Whether the database has answered and is prepared. `createApp` waits for the first try alone; where the database
   * is away this settles later: true then, false where the service was closed before.
   * @throws StartRefusedError
   */
  readonly ready: Promise<boolean>
  /**
   * The services without a request: for operators and extensions.
   * @throws ServiceUnavailableError until `ready`
   */
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
 * process. Listens whether the database is there or not, and answers SERVICE_UNAVAILABLE until it is.
 *
 * @throws StartRefusedError for what the operator has to mend; nothing is left open then
 */
export async function createApp(config: Config, overrides: Overrides = {}): Promise<App> {
  const parts = await openParts(config, overrides)
  const state: State = { isClosing: false }
  const server = await listen(parts, state).catch(async (error: unknown) => {
    await closeParts(parts)
    throw error
  })
  const close = once(() => closeAll(parts, server, state))
  try {
    state.start = await startWhenAvailable(
      parts.log,
      () => state.isClosing,
      () => prepare(parts, state),
    )
  } catch (error) {
    await close()
    throw error
  }
  const services = () => new Services(sharedOf(state), NOBODY)
  return {
    url: server.url,
    metricsUrl: server.metricsUrl,
    log: parts.log,
    ready: state.start.ready,
    services,
    createAdmin: async (account) => createAdmin(services().users, account),
    createFirstAdmin: async () => createFirstAdmin(services().users),
    close,
  }
}

interface State {
  isClosing: boolean
  start?: Start
  /** Not there until the database has answered. */
  shared?: Shared
  pruning?: { stop(): void }
}

async function prepare(parts: Parts, state: State): Promise<void> {
  await prepareDatabase(parts.config.database, parts.orm)
  state.shared = await createShared(parts)
  state.pruning = schedulePruning(state.shared)
}

async function closeAll(parts: Parts, server: RunningServer, state: State): Promise<void> {
  state.isClosing = true
  await server.close()
  // A try in progress would open the database again behind the back of its closing.
  await state.start?.ready.catch(() => undefined)
  state.pruning?.stop()
  await closeParts(parts)
}

function sharedOf({ shared }: State): Shared {
  if (!shared) throw new ServiceUnavailableError()
  return shared
}

async function openParts(config: Config, { clock = systemClock, logDestination, onQuery }: Overrides): Promise<Parts> {
  const log = createLogger(config.log, logDestination)
  const metrics = await createMetrics(config.http.metricsPort !== undefined)
  const orm = await openDatabase(config.database, onQuery)
  const stores = await createStores({ redisUrl: config.redisUrl, log })
  const limits = new RateLimits({ redis: stores.redis, factor: config.rateLimitFactor, log })
  return { config, orm, stores, log, clock, metrics, limits }
}

async function closeParts({ orm, stores }: Parts): Promise<void> {
  await Promise.allSettled([orm.close(), stores.close()])
}

async function listen(parts: Parts, state: State): Promise<RunningServer> {
  const { config, log, limits, stores, orm, metrics } = parts
  const requestLimit = new RequestLimit(limits, config.http.requestsPerMinute)
  return startServer({
    http: config.http,
    log,
    schema: await createSchema(limits),
    createContext: (request) => new AppContext(sharedOf(state), request),
    onDocument: (document, { asked }) => asked.limitTo(fieldNames(document)),
    jwks: async () => sharedOf(state).tokens.jwks(),
    checkDatabase: async () => state.shared !== undefined && isDatabaseUp(orm),
    checkRedis: async () => stores.state(),
    consumeRequest: (address) => requestLimit.consume(address),
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
