import { StartRefusedError } from './errors.ts'
import { readSettings, type Settings } from './settings/config-schema.ts'
import { secretParts } from './settings/config-values.ts'
import { readOrCreateSecret } from './settings/secret-file.ts'
import { withSecretFiles } from './settings/secret-variables.ts'

/** The settings, read and checked once. Frozen. Durations carry their unit. */
export interface Config {
  readonly production: boolean
  readonly http: HttpConfig
  readonly database: DatabaseConfig
  /** redis:// URL shared by cache and rate limits; undefined: in memory. */
  readonly redisUrl: string | undefined
  readonly secret: SecretConfig
  readonly tokens: TokenConfig
  readonly sessions: SessionConfig
  readonly passwordHash: PasswordHashConfig
  /** Multiplies every limit. */
  readonly rateLimitFactor: number
  readonly log: LogConfig
  /** An activity row that cannot be written fails its operation. */
  readonly auditRequired: boolean
}

export interface HttpConfig {
  readonly host: string
  /** 0: a free port. */
  readonly port: number
  readonly production: boolean
  readonly corsOrigins: readonly string[]
  readonly cookieSecure: boolean
  readonly trustedProxies: readonly string[]
  readonly bodyLimitBytes: number
  /** Requests per 60 s per address, before rateLimitFactor. */
  readonly requestsPerMinute: number
  readonly introspection: boolean
  readonly explorer: boolean
  readonly metricsPort: number | undefined
}

export interface DatabaseConfig {
  readonly kind: 'sqlite' | 'mysql'
  /** sqlite: the path, or ':memory:'. mysql: mysql://user:password@host:port/name. */
  readonly url: string
  readonly poolSize: number
  /** Silence after which an operation is given up. */
  readonly timeoutMs: number
  readonly migrateOnStart: boolean
}

export interface SecretConfig {
  readonly key: string
  /** Still accepted for reading while the key is changed. */
  readonly previousKey: string | undefined
}

export interface TokenConfig {
  readonly issuer: string
  readonly audience: string
  readonly accessTokenSeconds: number
}

export interface SessionConfig {
  /** After the last sign-in or refresh. */
  readonly idleSeconds: number
  readonly absoluteSeconds: number
  readonly refreshGraceSeconds: number
  readonly maxPerUser: number
}

export interface PasswordHashConfig {
  readonly memoryKib: number
  readonly iterations: number
  readonly parallelism: number
  /** Hashes at a time, as far as there are cores for them; 64 more may wait. */
  readonly concurrency: number
}

export interface LogConfig {
  readonly level: string
  /** A rotating file besides stdout. size as '10m'. */
  readonly file: { readonly path: string; readonly size: string; readonly count: number } | undefined
  /** What no line may hold: secrets, the addresses of database and Redis. */
  readonly hidden?: readonly string[]
}

export type Environment = Readonly<Record<string, string | undefined>>

/** Every fault of the settings at once. A fault names the variable and the rule, never the value. */
export class ConfigError extends StartRefusedError {
  override readonly name = 'ConfigError'

  constructor(readonly faults: readonly string[]) {
    super(['The settings are not valid:', ...faults.map((fault) => `  ${fault}`)].join('\n'))
  }
}

/**
 * Reads and checks the settings. Outside production a missing SECRET_KEY is generated into data/secret.
 *
 * @throws ConfigError with every fault
 */
export function readConfig(env: Environment): Config {
  const { values, faults: unread } = withSecretFiles(env)
  const { settings, faults } = readSettings(values)
  const isUnread = (variable: string) => unread.some((fault) => fault.variable === variable)
  const all = [...unread, ...faults.filter(({ variable }) => !isUnread(variable))]
  if (all.length > 0) throw new ConfigError(all.map(({ variable, rule }) => `${variable} ${rule}`))
  return deepFreeze(toConfig(settings, secretKey(settings.SECRET_KEY)))
}

/** The settings of this process. */
export function readProcessConfig(): Config {
  return readConfig(process.env)
}

function secretKey(configured: string | undefined): string {
  if (configured !== undefined) return configured
  try {
    return readOrCreateSecret()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : ''
    throw new ConfigError([`SECRET_KEY is not set and could not be kept in data/secret${code}`])
  }
}

function toConfig(settings: Settings, key: string): Config {
  const production = settings.NODE_ENV === 'production'
  return {
    production,
    http: toHttpConfig(settings, production),
    database: {
      ...settings.DATABASE_URL,
      poolSize: settings.DATABASE_POOL_SIZE,
      timeoutMs: settings.DATABASE_TIMEOUT_MS,
      migrateOnStart: settings.MIGRATE_ON_START,
    },
    redisUrl: settings.REDIS_URL,
    secret: { key, previousKey: settings.SECRET_KEY_PREVIOUS },
    tokens: {
      issuer: settings.JWT_ISSUER,
      audience: settings.JWT_AUDIENCE,
      accessTokenSeconds: settings.ACCESS_TOKEN_TTL,
    },
    sessions: {
      idleSeconds: settings.REFRESH_TOKEN_TTL,
      absoluteSeconds: settings.SESSION_TTL,
      refreshGraceSeconds: settings.REFRESH_GRACE,
      maxPerUser: settings.MAX_SESSIONS,
    },
    passwordHash: {
      memoryKib: settings.PASSWORD_HASH_MEMORY_KIB,
      iterations: settings.PASSWORD_HASH_ITERATIONS,
      parallelism: settings.PASSWORD_HASH_PARALLELISM,
      concurrency: settings.PASSWORD_HASH_CONCURRENCY,
    },
    rateLimitFactor: settings.RATE_LIMIT_FACTOR,
    log: toLogConfig(settings, key),
    auditRequired: settings.AUDIT_REQUIRED,
  }
}

function toHttpConfig(settings: Settings, production: boolean): HttpConfig {
  return {
    host: settings.HOST,
    port: settings.PORT,
    production,
    corsOrigins: settings.CORS_ORIGINS,
    cookieSecure: settings.COOKIE_SECURE,
    trustedProxies: settings.TRUSTED_PROXIES,
    bodyLimitBytes: settings.BODY_LIMIT,
    requestsPerMinute: settings.RATE_LIMIT_REQUESTS,
    introspection: settings.INTROSPECTION,
    explorer: settings.EXPLORER,
    metricsPort: settings.METRICS_PORT,
  }
}

function toLogConfig(settings: Settings, key: string): LogConfig {
  const { LOG_FILE: path, LOG_FILE_SIZE: size, LOG_FILE_COUNT: count } = settings
  const urls = [settings.DATABASE_URL.kind === 'mysql' ? settings.DATABASE_URL.url : undefined, settings.REDIS_URL]
  return {
    level: settings.LOG_LEVEL,
    file: path === undefined ? undefined : { path, size, count },
    hidden: [key, settings.SECRET_KEY_PREVIOUS ?? '', ...urls.flatMap(secretParts)].filter((part) => part.length >= 6),
  }
}

function deepFreeze<Value extends object>(value: Value): Value {
  for (const inner of Object.values(value)) {
    if (typeof inner === 'object' && inner !== null) deepFreeze(inner)
  }
  return Object.freeze(value)
}
