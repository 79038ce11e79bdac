import { z } from 'zod'
import { documentVariables, withDocumentRules } from './config-document-values.ts'
import { mailVariables } from './config-mail-values.ts'
import * as value from './config-values.ts'

/** A hundred years: added to the present, it still fits a datetime column. */
const MAX_SECONDS = 3_155_760_000
/** GraphQL's Int, which `accessTokenExpiresIn` is. */
const MAX_INT = 2_147_483_647
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

export type Settings = z.output<ReturnType<typeof settingsSchema>>

/**
 * Every variable with its rule and default. Production has other defaults and refuses unsafe values.
 * @param given the variables as given: what some of them need depends on others
 */
export function settingsSchema(production: boolean, given: Readonly<Record<string, string | null | undefined>> = {}) {
  const variables = z.object({
    NODE_ENV: value.oneOf(['development', 'test', 'production']).default('development'),
    ...httpVariables(production),
    ...storageVariables(production),
    ...tokenVariables(production),
    ...passwordHashVariables(production),
    ...mailVariables(production, given['MAIL_URL'] ?? undefined),
    ...documentVariables(production, given['TRUSTED_DOCUMENTS_MODE'] ?? undefined),
    REGISTRATION: value.oneOf(['open', 'closed']).default('open'),
    REAUTHENTICATION_TTL: value.integer(1, 86_400).default(600),
    RATE_LIMIT_REQUESTS: value.integer(1, 1_000_000_000).default(1200),
    RATE_LIMIT_FACTOR: value.factor(1_000_000_000).default(1),
    LOG_LEVEL: value.oneOf(LOG_LEVELS).default('info'),
    LOG_REQUESTS: value.boolean().default(true),
    LOG_FILE: value.filePath().optional(),
    LOG_FILE_SIZE: value.fileSize().default('10m'),
    LOG_FILE_COUNT: value.integer(1, 1000).default(10),
    OTEL_EXPORTER_OTLP_ENDPOINT: value.httpUrl().optional(),
    AUDIT_REQUIRED: value.boolean().default(false),
  })
  return withDocumentRules(value.withTlsRules(variables), given['TRUSTED_DOCUMENTS'] !== undefined)
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
    ACCESS_TOKEN_TTL: value.integer(1, MAX_INT).default(900),
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
