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
  /** 0: any free port. */
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
  /** Hashes at a time; 64 more may wait. */
  readonly concurrency: number
}

export interface LogConfig {
  readonly level: string
  /** A rotating file besides stdout. size as '10m'. */
  readonly file: { readonly path: string; readonly size: string; readonly count: number } | undefined
}
