import { z } from 'zod'
import { mailVariables } from './config-mail-values.ts'
import * as value from './config-values.ts'
import { type DeepReadonly, deepFreeze } from './deep-freeze.ts'
import { StartRefusedError } from './errors.ts'
import { generateSecret, readSecret, readSecretFiles } from './secret-file.ts'

/** A hundred years: added to the present, it still fits a datetime column. */
const MAX_SECONDS = 3_155_760_000
/** Where SECRET_KEY is kept outside production when it is not set. */
const SECRET_PATH = 'data/secret'
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

/** The settings, read and checked once. Frozen. Durations carry their unit. */
export type Config = DeepReadonly<ReturnType<typeof toConfig>>
export type HttpConfig = Config['http']
export type DatabaseConfig = Config['database']
export type SecretConfig = Config['secret']
export type TokenConfig = Config['tokens']
export type SessionConfig = Config['sessions']
export type PasswordHashConfig = Config['passwordHash']
export type MailConfig = Config['mail']

export interface LogConfig {
  readonly level: string
  /** Whether each operation has a line. */
  readonly requests?: boolean
  /** A rotating file in addition to stdout. `size` as in '10m'. */
  readonly file: { readonly path: string; readonly size: string; readonly count: number } | undefined
  /** Texts that no line may contain: secrets, and the addresses of database and Redis. */
  readonly hidden?: readonly string[]
}

export type Environment = Readonly<Record<string, string | undefined>>

/** All faults of the settings. Each names the variable and the rule, but not the value, which may be a secret. */
export class ConfigError extends StartRefusedError {
  override readonly name = 'ConfigError'

  constructor(readonly faults: readonly string[]) {
    super(['The settings are not valid:', ...faults.map((fault) => `  ${fault}`)].join('\n'))
  }
}

/**
 * Reads and checks the settings. Outside production a missing SECRET_KEY is read from data/secret, or made for a start
 * that stores it there.
 * An empty variable counts as not set.
 *
 * @throws ConfigError with every fault
 */
export function readConfig(env: Environment): Config {
  const set = Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => Boolean(entry[1])))
  const files = readSecretFiles(set)
  const given = { ...set, ...files.values }
  const { data, error } = settingsSchema(set['NODE_ENV'] === 'production', given['MAIL_URL'])
    .transform(toConfig)
    .safeParse(given)
  if (error) {
    throw new ConfigError(
      error.issues.map(({ path, message }) => {
        const name = String(path[0])
        return `${name} ${files.faults.get(name) ?? message}`
      }),
    )
  }
  return deepFreeze(data)
}

/** The settings of this process. */
export function readProcessConfig(): Config {
  return readConfig(processEnvironment())
}

export function processEnvironment(): Environment {
  return process.env
}

type Settings = z.output<ReturnType<typeof settingsSchema>>

/**
 * Every variable with its rule and default. Production has other defaults and refuses unsafe values.
 * @param mailUrl MAIL_URL as given: what other variables need depends on it
 */
export function settingsSchema(production: boolean, mailUrl?: string | null) {
  const variables = z.object({
    NODE_ENV: value.oneOf(['development', 'test', 'production']).default('development'),
    ...httpVariables(production),
    ...storageVariables(production),
    ...tokenVariables(production),
    ...passwordHashVariables(production),
    ...mailVariables(production, mailUrl ?? undefined),
    REGISTRATION: value.oneOf(['open', 'closed']).default('open'),
    REAUTHENTICATION_TTL: value.integer(1, 86_400).default(600),
    RATE_LIMIT_REQUESTS: value.integer(1, 1_000_000_000).default(1200),
    RATE_LIMIT_FACTOR: value.factor(1_000_000_000).default(1),
    LOG_LEVEL: value.oneOf(LOG_LEVELS).default('info'),
    LOG_REQUESTS: value.boolean().default(true),
    LOG_FILE: value.filePath().optional(),
    LOG_FILE_SIZE: value.fileSize().default('10m'),
    LOG_FILE_COUNT: value.integer(1, 1000).default(10),
    AUDIT_REQUIRED: value.boolean().default(false),
  })
  return value.withTlsRules(variables)
}

function httpVariables(production: boolean) {
  return {
    HOST: value.hostName().default(production ? '0.0.0.0' : '127.0.0.1'),
    PORT: value.integer(0, 65_535).default(4000),
    METRICS_PORT: value.integer(0, 65_535).optional(),
    DRAIN_SECONDS: value.integer(0, 3600).default(0),
    BODY_LIMIT: value.integer(1, 104_857_600).default(65_536),
    CORS_ORIGINS: value.origins().default([]),
    COOKIE_SECURE: value
      .boolean()
      .refine((isSecure) => isSecure || !production, 'must be true in production')
      .default(true),
    TRUSTED_PROXIES: value.proxies().default([]),
    INTROSPECTION: value.boolean().default(!production),
    EXPLORER: value.boolean().default(!production),
  }
}

function storageVariables(production: boolean) {
  return {
    DATABASE_URL: value.databaseUrl().default({ kind: 'sqlite', url: 'data/gatehouse.db' }),
    DATABASE_POOL_SIZE: value.integer(1, 1000).default(10),
    DATABASE_TIMEOUT_MS: value.integer(50, 60_000).default(1500),
    DATABASE_TLS: value.oneOf(['off', 'on', 'verify']).default('off'),
    DATABASE_CA_FILE: value.certificates().optional(),
    MIGRATE_ON_START: value.boolean().default(!production),
    REDIS_URL: value.redisUrl().optional(),
  }
}

function tokenVariables(production: boolean) {
  return {
    SECRET_KEY: production ? value.secret(production) : value.secret(production).optional(),
    SECRET_KEY_PREVIOUS: value.secret(production).optional(),
    JWT_ISSUER: value.tokenName().default('gatehouse'),
    JWT_AUDIENCE: value.tokenName().default('gatehouse'),
    ACCESS_TOKEN_TTL: value.integer(1, MAX_SECONDS).default(900),
    REFRESH_TOKEN_TTL: value.integer(1, MAX_SECONDS).default(1_209_600),
    SESSION_TTL: value.integer(1, MAX_SECONDS).default(7_776_000),
    REFRESH_GRACE: value.integer(0, 86_400).default(10),
    MAX_SESSIONS: value.integer(1, 10_000).default(20),
  }
}

/** The defaults are OWASP's minimum for argon2id, which is also the minimum in production. */
function passwordHashVariables(production: boolean) {
  return {
    PASSWORD_HASH_MEMORY_KIB: value.integer(production ? 19_456 : 256, 4_194_304).default(19_456),
    PASSWORD_HASH_ITERATIONS: value.integer(production ? 2 : 1, 1000).default(2),
    // argon2 needs 8 KiB for each lane, and the minimum of 256 KiB suffices for 32.
    PASSWORD_HASH_PARALLELISM: value.integer(1, 32).default(1),
    PASSWORD_HASH_CONCURRENCY: value.integer(1, 1024).default(2),
  }
}

function toConfig(settings: Settings) {
  const production = settings.NODE_ENV === 'production'
  const { key, unstoredAt } = settings.SECRET_KEY === undefined ? developmentSecret() : { key: settings.SECRET_KEY }
  return {
    production,
    http: toHttpConfig(settings, production),
    database: {
      /** sqlite: the path, or ':memory:'. mysql: mysql://user:password@host:port/name. */
      ...settings.DATABASE_URL,
      poolSize: settings.DATABASE_POOL_SIZE,
      /** Silence after which a statement is given up. */
      timeoutMs: settings.DATABASE_TIMEOUT_MS,
      /** on: encrypted. verify: and the server's certificate is checked. */
      tls: settings.DATABASE_TLS,
      /** Certificates in PEM to check it against; undefined: the system's. */
      ca: settings.DATABASE_CA_FILE,
      migrateOnStart: settings.MIGRATE_ON_START,
    },
    /** Used by cache and rate limits; undefined: both are in memory. */
    redisUrl: settings.REDIS_URL,
    /**
     * previousKey is accepted, but makes nothing new, while the key is being changed. unstoredAt: the file for a key
     * that was just made, see `settleSecret`.
     */
    secret: { key, previousKey: settings.SECRET_KEY_PREVIOUS, unstoredAt },
    tokens: {
      issuer: settings.JWT_ISSUER,
      audience: settings.JWT_AUDIENCE,
      accessTokenSeconds: settings.ACCESS_TOKEN_TTL,
    },
    sessions: {
      /** Counted from the last sign-in or refresh. */
      idleSeconds: settings.REFRESH_TOKEN_TTL,
      absoluteSeconds: settings.SESSION_TTL,
      refreshGraceSeconds: settings.REFRESH_GRACE,
      maxPerUser: settings.MAX_SESSIONS,
    },
    passwordHash: toPasswordHashConfig(settings),
    mail: {
      /** smtp: a server; log: standard output; off: no mail. */
      transport: settings.MAIL_URL,
      from: settings.MAIL_FROM,
      /** Where links lead, without a slash at the end. */
      appUrl: settings.APP_URL,
    },
    accounts: {
      requireVerifiedEmail: settings.REQUIRE_VERIFIED_EMAIL,
      isRegistrationOpen: settings.REGISTRATION === 'open',
      /** How long a session is fresh. */
      reauthenticationSeconds: settings.REAUTHENTICATION_TTL,
    },
    /** Multiplies every limit. */
    rateLimitFactor: settings.RATE_LIMIT_FACTOR,
    log: toLogConfig(settings, key),
    /** true: an activity row that cannot be written fails its operation. */
    auditRequired: settings.AUDIT_REQUIRED,
  }
}

function toHttpConfig(settings: Settings, production: boolean) {
  return {
    host: settings.HOST,
    /** 0: a free port. */
    port: settings.PORT,
    production,
    corsOrigins: settings.CORS_ORIGINS,
    cookieSecure: settings.COOKIE_SECURE,
    trustedProxies: settings.TRUSTED_PROXIES,
    /** After SIGTERM, in which requests are served while readiness is refused. */
    drainSeconds: settings.DRAIN_SECONDS,
    bodyLimitBytes: settings.BODY_LIMIT,
    /** Requests per 60 s and address, before rateLimitFactor. */
    requestsPerMinute: settings.RATE_LIMIT_REQUESTS,
    introspection: settings.INTROSPECTION,
    explorer: settings.EXPLORER,
    metricsPort: settings.METRICS_PORT,
  }
}

function toPasswordHashConfig(settings: Settings) {
  return {
    memoryKib: settings.PASSWORD_HASH_MEMORY_KIB,
    iterations: settings.PASSWORD_HASH_ITERATIONS,
    parallelism: settings.PASSWORD_HASH_PARALLELISM,
    /** Hashes at a time, at most one for each core; 64 more may wait. */
    concurrency: settings.PASSWORD_HASH_CONCURRENCY,
  }
}

function toLogConfig(settings: Settings, key: string): LogConfig {
  const { DATABASE_URL, REDIS_URL, MAIL_URL, SECRET_KEY_PREVIOUS } = settings
  const { LOG_FILE: path, LOG_FILE_SIZE: size, LOG_FILE_COUNT: count } = settings
  const mailUrl = MAIL_URL.kind === 'smtp' ? MAIL_URL.url : undefined
  const urls = [DATABASE_URL.kind === 'mysql' ? DATABASE_URL.url : undefined, REDIS_URL, mailUrl]
  return {
    level: settings.LOG_LEVEL,
    requests: settings.LOG_REQUESTS,
    file: path === undefined ? undefined : { path, size, count },
    hidden: [key, SECRET_KEY_PREVIOUS ?? '', ...urls.flatMap(value.secretParts)].filter((part) => part.length >= 6),
  }
}

function developmentSecret(): { key: string; unstoredAt?: string } {
  try {
    const stored = readSecret(SECRET_PATH)
    return stored === null ? { key: generateSecret(), unstoredAt: SECRET_PATH } : { key: stored }
  } catch (error) {
    throw new ConfigError([`SECRET_KEY is not set, and ${(error as Error).message}`])
  }
}
