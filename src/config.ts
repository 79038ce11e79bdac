import { secretParts } from './config-values.ts'
import { type Settings, settingsSchema } from './config-variables.ts'
import { type DeepReadonly, deepFreeze } from './deep-freeze.ts'
import { StartRefusedError } from './errors.ts'
import { generateSecret, readSecret, readSecretFiles } from './secret-file.ts'

/** Where SECRET_KEY is kept outside production when it is not set. */
const SECRET_PATH = 'data/secret'

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
  const { data, error } = settingsSchema(set['NODE_ENV'] === 'production', given)
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
    /** The rest of the variables OTEL_* is read by OpenTelemetry's SDK. */
    tracing: settings.OTEL_EXPORTER_OTLP_ENDPOINT !== undefined,
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
    trustedDocuments: toDocumentConfig(settings),
  }
}

function toDocumentConfig({ TRUSTED_DOCUMENTS: file, TRUSTED_DOCUMENTS_MODE: mode }: Settings) {
  return file && { ...file, /** Texts are refused. */ isOnly: mode === 'only' }
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
  const urls = [
    DATABASE_URL.kind === 'mysql' ? DATABASE_URL.url : undefined,
    REDIS_URL,
    mailUrl,
    settings.OTEL_EXPORTER_OTLP_ENDPOINT,
  ]
  return {
    level: settings.LOG_LEVEL,
    requests: settings.LOG_REQUESTS,
    file: path === undefined ? undefined : { path, size, count },
    hidden: [key, SECRET_KEY_PREVIOUS ?? '', ...urls.flatMap(secretParts)].filter((part) => part.length >= 6),
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
