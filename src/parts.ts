import type { Logger } from 'pino'
import { RefreshTokens } from './auth/refresh-token.ts'
import { deriveSecrets } from './auth/secrets.ts'
import { TokenService } from './auth/token.service.ts'
import { CacheService } from './cache/cache.service.ts'
import type { Stores } from './cache/stores.ts'
import type { Clock } from './clock.ts'
import type { Config } from './config.ts'
import { Database } from './database/database.ts'
import type { Orm } from './database/orm.ts'
import type { Metrics } from './metrics.ts'
import { CursorCodec } from './pagination/cursor.ts'
import { PasswordHasher } from './passwords/password-hasher.ts'
import { LoginGuard } from './rate-limit/login-guard.ts'
import { RateLimits } from './rate-limit/rate-limits.ts'
import { SessionRepository } from './sessions/session.repository.ts'

/** The connections and tools that everything else is built on. */
export interface Parts {
  config: Config
  orm: Orm
  stores: Stores
  log: Logger
  clock: Clock
  metrics: Metrics
  limits: RateLimits
}

/** What lives as long as the process, and what each request is built from. */
export type Shared = Awaited<ReturnType<typeof createShared>>

/**
 * Reads the signing keys, so the database has to be there and migrated.
 * @throws StartRefusedError where the keys cannot be decrypted
 */
export async function createShared(parts: Parts) {
  const { config, orm, stores, log, clock, metrics, limits } = parts
  const secrets = deriveSecrets(config.secret)
  const database = new Database(orm)
  const hasher = new PasswordHasher(config.passwordHash)
  const tokens = await TokenService.create({ em: () => orm.em.fork(), config: config.tokens, secrets, clock })
  // Last of what may happen more than once: a start is tried again where the database goes away in its midst.
  metrics.watchPasswordQueue(() => hasher.pending)
  return {
    ...parts,
    database,
    tokens,
    refreshTokens: new RefreshTokens(secrets.refreshToken),
    cursors: new CursorCodec(secrets.cursor),
    hasher,
    viewers: new SessionRepository(database),
    guard: new LoginGuard(limits),
    /** One entry per viewer and field per minute, whatever RATE_LIMIT_FACTOR says. */
    denials: new RateLimits({ redis: stores.redis, factor: 1, log }),
    totals: new CacheService(stores, 'totals', () => metrics.cacheFailed()),
  }
}
