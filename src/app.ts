import type { Writable } from 'node:stream'
import type { ApolloServerPlugin } from '@apollo/server'
import type { Logger } from 'pino'
import { ClientLimits } from './auth/client-limits.ts'
import { RefreshTokens } from './auth/refresh-token.ts'
import { deriveSecrets } from './auth/secrets.ts'
import { SigningKey } from './auth/signing-key.entity.ts'
import { settleSecret } from './auth/stored-secret.ts'
import { TokenService } from './auth/token.service.ts'
import { AuthorizationService } from './authorization/authorization.service.ts'
import { rolesWith } from './authorization/permissions.ts'
import { CacheService } from './cache/cache.service.ts'
import { createStores, type Stores } from './cache/stores.ts'
import { type Clock, systemClock } from './clock.ts'
import type { Config } from './config.ts'
import { AppContext, createServices, type ProcessParts } from './context.ts'
import { watchClock } from './database/clock-watch.ts'
import { type DatabaseParts, type OnQuery, type Orm, openDatabase } from './database/orm.ts'
import { isDatabaseUp, prepareDatabase, type Start, startWhenAvailable } from './database/prepare.ts'
import { createOutboxWorker } from './deliveries.ts'
import { ServiceUnavailableError } from './errors.ts'
import type { Feature, Services } from './feature.ts'
import { databaseParts, withBuiltIn } from './features.ts'
import { type RunningServer, startServer } from './http/server.ts'
import { createLogger } from './logger.ts'
import { MailTokens } from './mail/mail-token.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { schedulePruning } from './operations/prune.ts'
import { CursorCodec } from './pagination/cursor.ts'
import { PasswordHasher } from './passwords/password-hasher.ts'
import { AddressLimit } from './rate-limit/address-limit.ts'
import { LoginGuard } from './rate-limit/login-guard.ts'
import { RateLimits } from './rate-limit/rate-limits.ts'
import { createSchema } from './schema.ts'
import { type AdminAccount, createAdmin, createFirstAdmin } from './users/first-admin.ts'

export interface App {
  /** `http://host:port`, without a path. */
  readonly url: string
  readonly metricsUrl: string | undefined
  readonly log: Logger
  /**
   * True once the database is prepared; false when the service was closed before. `createApp` waits for the first try
   * only, so this settles later while the database is away.
   * @throws StartRefusedError
   */
  readonly ready: Promise<boolean>
  /**
   * The services without a request: for operators and extensions.
   * @throws ServiceUnavailableError until `ready`
   */
  services(): Services
  /** Creates an administrator, for the operator. @throws BadUserInputError, ConflictError */
  createAdmin(account: AdminAccount): Promise<{ id: string }>
  /** In an empty database, creates an administrator and returns its password; else null. */
  createFirstAdmin(): Promise<string | null>
  /** Requests are served and readiness is refused for DRAIN_SECONDS. Call it before `close`, for a stop without failures. */
  leave(): Promise<void>
  /** Waits at most 10 s for requests in progress, then closes everything. Idempotent. */
  close(): Promise<void>
}

export interface AppOptions {
  /** In addition to the built-in ones. */
  features?: readonly Feature[]
  /** Plugins of Apollo, which run after the service's own. */
  plugins?: readonly ApolloServerPlugin<AppContext>[]
  overrides?: Overrides
}

/** Replacements for tests. */
export interface Overrides {
  clock?: Clock
  /** In place of the clock of the MySQL server. With SQLite it is `clock` by default. */
  databaseClock?: Clock | undefined
  logDestination?: Writable
  /** Called with each SQL statement. */
  onQuery?: OnQuery
}

const NOWHERE = { ipAddress: null, userAgent: null }

/** What exists before the database has answered. */
interface Connections {
  config: Config
  features: readonly Feature[]
  database: DatabaseParts
  orm: Orm
  stores: Stores
  limits: RateLimits
  clock: Clock
  databaseClock?: Clock | undefined
  log: Logger
  metrics: Metrics
}

interface State {
  isClosing: boolean
  start?: Start
  /** Undefined until the database has answered. */
  parts?: ProcessParts
  pruning?: { stop(): void }
  clockWatch?: { stop(): void }
}

/**
 * The composition root of a service: connections, schema, server, keys. One process may run several. The server listens
 * before the database answers, and answers SERVICE_UNAVAILABLE until then.
 *
 * @throws StartRefusedError for what the operator has to fix; nothing is left open then
 */
export async function createApp(config: Config, options: AppOptions = {}): Promise<App> {
  const connections = await openConnections(config, options)
  const state: State = { isClosing: false }
  const server = await listen(connections, state, options.plugins).catch(async (error: unknown) => {
    await closeConnections(connections)
    throw error
  })
  const close = once(() => closeAll(connections, server, state))
  try {
    state.start = await startWhenAvailable(
      connections.log,
      () => state.isClosing,
      () => prepare(connections, state),
    )
  } catch (error) {
    await close()
    throw error
  }
  const services = () => {
    const parts = partsOf(state)
    return createServices(parts, parts.orm.em.fork({ useContext: true }), NOWHERE)
  }
  return {
    url: server.url,
    metricsUrl: server.metricsUrl,
    log: connections.log,
    ready: state.start.ready,
    services,
    createAdmin: async (account) => createAdmin(services().users, account),
    createFirstAdmin: async () => createFirstAdmin(services().users),
    leave: server.leave,
    close,
  }
}

/**
 * Reads the signing keys, so the database must be migrated.
 * @throws StartRefusedError when the keys cannot be decrypted
 */
export async function createProcessParts(connections: Omit<Connections, 'database'>): Promise<ProcessParts> {
  const { config, features, orm, stores, limits, clock, log, metrics } = connections
  const { databaseClock = config.database.kind === 'sqlite' ? clock : undefined } = connections
  const hasher = new PasswordHasher(config.passwordHash, () =>
    log.warn('The password hash of an account cannot be read, so that nobody can sign in to it'),
  )
  const em = orm.em.fork({ useContext: true })
  const signingKeys = em.getRepository(SigningKey)
  const secrets = deriveSecrets(await settleSecret(config.secret, signingKeys, clock()))
  const tokens = await TokenService.create({
    em,
    signingKeys,
    config: config.tokens,
    secret: secrets.signingKey,
    clock,
  })
  // After the work that may fail and run again, because a gauge can be registered only once.
  metrics.watchPasswordQueue(() => hasher.pending)
  const mailTokens = new MailTokens(secrets.mailToken)
  return {
    config,
    features,
    orm,
    stores,
    authorization: new AuthorizationService(
      rolesWith(features.flatMap(({ permissions }) => Object.values(permissions ?? {}))),
    ),
    tokens,
    refreshTokens: new RefreshTokens(secrets.refreshToken),
    mailTokens,
    outbox: createOutboxWorker({ config, orm, mailTokens, clock, log, metrics }),
    cursors: new CursorCodec(secrets.cursor),
    hasher,
    loginGuard: new LoginGuard(limits),
    totals: new CacheService(stores, 'totals', () => metrics.cacheFailed()),
    clientLimits: new ClientLimits(limits),
    denials: new RateLimits({ redis: stores.redis, factor: 1, log }),
    clock,
    databaseClock,
    log,
    metrics,
  }
}

async function openConnections(config: Config, { features, overrides = {} }: AppOptions): Promise<Connections> {
  const { clock = systemClock, databaseClock, logDestination, onQuery } = overrides
  const all = withBuiltIn(features)
  const log = createLogger(config.log, logDestination)
  const metrics = await createMetrics(config.http.metricsPort !== undefined)
  const database = await databaseParts(config.database, all)
  const orm = await openDatabase(config.database, database, onQuery)
  const stores = await createStores({ redisUrl: config.redisUrl, log })
  const limits = new RateLimits({ redis: stores.redis, factor: config.rateLimitFactor, log })
  return { config, features: all, database, orm, stores, limits, clock, databaseClock, log, metrics }
}

async function prepare(connections: Connections, state: State): Promise<void> {
  await prepareDatabase(connections.config.database, connections.database, connections.orm)
  state.parts = await createProcessParts(connections)
  state.pruning = schedulePruning(state.parts)
  state.parts.outbox.start()
  const { databaseClock, orm, clock, log } = state.parts
  if (!databaseClock) state.clockWatch = await watchClock(orm, clock, log)
}

async function closeAll(connections: Connections, server: RunningServer, state: State): Promise<void> {
  state.isClosing = true
  await server.close()
  // A start in progress would use the database while it is being closed.
  await state.start?.ready.catch(() => undefined)
  state.pruning?.stop()
  state.clockWatch?.stop()
  await state.parts?.outbox.stop()
  await closeConnections(connections)
}

async function closeConnections({ orm, stores }: Connections): Promise<void> {
  await Promise.allSettled([orm.close(), stores.close()])
}

function partsOf({ parts }: State): ProcessParts {
  if (!parts) throw new ServiceUnavailableError()
  return parts
}

async function listen(connections: Connections, state: State, plugins: AppOptions['plugins']): Promise<RunningServer> {
  const { config, features, log, limits, stores, orm, metrics } = connections
  const requests = { limit: config.http.requestsPerMinute, seconds: 60 }
  const requestLimit = new AddressLimit(limits, 'request', requests)
  return startServer({
    http: config.http,
    log,
    schema: await createSchema(features, limits),
    plugins,
    createContext: (request) => new AppContext(partsOf(state), request),
    jwks: async () => partsOf(state).tokens.jwks(),
    checkDatabase: async () => state.parts !== undefined && isDatabaseUp(config.database, orm),
    checkRedis: stores.check,
    consumeRequest: (address) => requestLimit.consume(address),
    metrics: metrics.text,
    onOperation: metrics.operationAnswered,
    logRequests: config.log.requests,
  })
}

function once(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined
  return () => {
    running ??= work()
    return running
  }
}
