import type { Writable } from 'node:stream'
import type { Logger } from 'pino'
import { ApiKeySecrets } from './api-keys/api-key-secret.ts'
import { ApiKeyUses } from './api-keys/api-key-uses.ts'
import { ClientLimits } from './auth/client-limits.ts'
import { RefreshTokens } from './auth/refresh-token.ts'
import { deriveSecrets } from './auth/secrets.ts'
import { SigningKey } from './auth/signing-key.entity.ts'
import { settleSecret } from './auth/stored-secret.ts'
import { TokenService } from './auth/token.service.ts'
import { Freshness } from './authorization/freshness.ts'
import { PermissionTable } from './authorization/permission-table.ts'
import type { AddedPermission } from './authorization/permissions.ts'
import { CacheService } from './cache/cache.service.ts'
import { createStores, type Stores } from './cache/stores.ts'
import { type Clock, systemClock } from './clock.ts'
import type { Config, HttpConfig } from './config.ts'
import type { OnQuery } from './database/observer.ts'
import { type DatabaseParts, type Orm, openDatabase } from './database/orm.ts'
import { createOutboxWorker } from './deliveries.ts'
import type { Feature } from './feature.ts'
import { databaseParts, withBuiltIn } from './features.ts'
import { createLogger } from './logger.ts'
import { MailTokens } from './mail/mail-token.ts'
import { type Metrics, NO_METRICS } from './metrics.ts'
import { CursorCodec } from './pagination/cursor.ts'
import { PasswordHasher } from './passwords/password-hasher.ts'
import { LoginGuard } from './rate-limit/login-guard.ts'
import { RateLimits } from './rate-limit/rate-limits.ts'
import { FactorKey } from './second-factor/factor-key.entity.ts'
import { FactorKeys } from './second-factor/factor-keys.ts'
import type { ProcessParts } from './services.ts'
import type { Tracing } from './tracing.ts'

/** Replacements for tests. */
export interface Overrides {
  clock?: Clock
  /** In place of the clock of the MySQL server. With SQLite it is `clock` by default. */
  databaseClock?: Clock | undefined
  logDestination?: Writable
  /** Called with each SQL statement. */
  onQuery?: OnQuery
}

/** What exists before the database has answered. */
export interface Connections {
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
  tracing?: Tracing | undefined
}

/**
 * Reads the keys, so the database must be migrated.
 * @throws StartRefusedError when they cannot be decrypted
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
  const secret = secrets.signingKey
  const tokens = await TokenService.create({ em, signingKeys, config: config.tokens, secret, clock })
  const factorKeys = await FactorKeys.open({ factorKeys: em.getRepository(FactorKey), secret: secrets.secondFactor })
  // After the work that may fail and run again, because a gauge can be registered only once.
  metrics.watchHasher(() => hasher.usage)
  const mailTokens = new MailTokens(secrets.mailToken)
  const apiKeySecrets = new ApiKeySecrets(secrets.apiKey)
  return {
    config,
    features,
    orm,
    stores,
    permissions: permissionTable(features, log),
    freshness: new Freshness(config.accounts.reauthenticationSeconds, clock),
    tokens,
    factorKeys,
    refreshTokens: new RefreshTokens(secrets.refreshToken),
    mailTokens,
    apiKeySecrets,
    apiKeyUses: new ApiKeyUses({ orm, clock, log }),
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

function permissionTable(features: readonly Feature[], log: Logger): PermissionTable {
  const added: Record<string, AddedPermission> = Object.assign({}, ...features.map(({ permissions }) => permissions))
  return new PermissionTable(added, (permission) =>
    log.warn({ permission }, 'A role or API key in the database has a permission that is not known here'),
  )
}

export async function openConnections(
  config: Config,
  features: readonly Feature[] | undefined,
  overrides: Overrides = {},
): Promise<Connections> {
  const { clock = systemClock, databaseClock, logDestination, onQuery } = overrides
  const all = withBuiltIn(features)
  const tracing = await startTracing(config)
  const log = createLogger(config.log, logDestination, tracing?.logFields)
  tracing?.reportTo(log)
  const metrics = await createMetrics(config.http)
  const database = await databaseParts(config.database, all)
  const orm = await openDatabase(config.database, database, {
    onQuery,
    onStatement: tracing?.onStatement,
    onPool: metrics.watchPool,
  })
  const stores = await createStores({ redisUrl: config.redisUrl, log })
  const { limitRefused: onRefused } = metrics
  const limits = new RateLimits({ redis: stores.redis, factor: config.rateLimitFactor, log, onRefused })
  return { config, features: all, database, orm, stores, limits, clock, databaseClock, log, metrics, tracing }
}

export async function closeConnections({ orm, stores, tracing }: Connections): Promise<void> {
  await Promise.allSettled([orm.close(), stores.close(), tracing?.close()])
}

async function startTracing({ tracing, database }: Config): Promise<Tracing | undefined> {
  if (!tracing) return undefined
  const { startOpenTelemetry } = await import('./open-telemetry.ts')
  return startOpenTelemetry(database)
}

async function createMetrics({ metricsPort, trustedDocuments }: HttpConfig): Promise<Metrics> {
  if (metricsPort === undefined) return NO_METRICS
  const { createPrometheus } = await import('./prometheus.ts')
  return createPrometheus(trustedDocuments?.operationNames)
}
