import { type CleanedEnv, customCleanEnv, EnvError, EnvMissingError, makeExactValidator } from 'envalid'
import {
  isStrongSecret,
  parseBoolean,
  parseDatabaseUrl,
  parseFactor,
  parseFileSize,
  parseHost,
  parseInteger,
  parseLogFile,
  parseOrigins,
  parseProxies,
  parseRedisUrl,
} from './config-values.ts'
import type { VariableFault } from './secret-variables.ts'

/** A hundred years: whatever is added to the present still fits a datetime column. */
const MAX_SECONDS = 3_155_760_000
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']

export type Settings = CleanedEnv<ReturnType<typeof settingsSchema>>

/** A fault names the variable and the rule, never the value, which may be a secret. What has one is undefined. */
export function readSettings(values: Readonly<Record<string, string | undefined>>): {
  settings: Settings
  faults: VariableFault[]
} {
  const faults: VariableFault[] = []
  const schema = settingsSchema(values.NODE_ENV === 'production')
  const settings = customCleanEnv(values, schema, (read) => read, {
    reporter: ({ errors }) => {
      for (const [variable, fault] of Object.entries<Error>(errors)) {
        // Not a fault of the setting, and what it says may quote the value.
        if (!(fault instanceof EnvError || fault instanceof EnvMissingError)) throw fault
        faults.push({ variable, rule: fault.message })
      }
    },
  })
  return { settings, faults }
}

/** Every variable with its default and rule. `isProduction` turns on the refusals. */
export function settingsSchema(isProduction: boolean) {
  return {
    NODE_ENV: oneOf('development', ['development', 'test', 'production']),
    ...httpSettings(isProduction),
    ...storageSettings(isProduction),
    ...tokenSettings(isProduction),
    ...logSettings(),
    ...passwordHashSettings(isProduction),
    RATE_LIMIT_REQUESTS: integer(1200, 1, 1_000_000_000),
    RATE_LIMIT_FACTOR: setting(1, 'must be a number above 0, at most 1000000000', parseFactor),
    AUDIT_REQUIRED: boolean(false),
  }
}

function httpSettings(isProduction: boolean) {
  return {
    HOST: setting(isProduction ? '0.0.0.0' : '127.0.0.1', 'must be an address or a host name', parseHost),
    PORT: integer(4000, 0, 65_535),
    METRICS_PORT: optional(...wholeNumber(0, 65_535)),
    BODY_LIMIT: integer(65_536, 1, 104_857_600),
    CORS_ORIGINS: setting(
      [],
      "must be exact origins such as https://app.example.com, separated by commas; '*' is refused",
      parseOrigins,
    ),
    COOKIE_SECURE: isProduction
      ? setting(true, 'must be true in production', (text) => (text === 'true' ? true : undefined))
      : boolean(true),
    TRUSTED_PROXIES: setting([], 'must be addresses or CIDR blocks, separated by commas', parseProxies),
    INTROSPECTION: boolean(!isProduction),
    EXPLORER: boolean(!isProduction),
  }
}

function storageSettings(isProduction: boolean) {
  return {
    DATABASE_URL: setting(
      { kind: 'sqlite' as const, url: 'data/gatehouse.db' },
      'must be mysql://user:password@host:port/name or mariadb://… without parameters, sqlite:PATH or sqlite::memory:',
      parseDatabaseUrl,
    ),
    DATABASE_POOL_SIZE: integer(10, 1, 1000),
    DATABASE_TIMEOUT_MS: integer(1500, 50, 60_000),
    MIGRATE_ON_START: boolean(!isProduction),
    REDIS_URL: optional('must be redis://host:port or rediss://host:port, without parameters', parseRedisUrl),
  }
}

function tokenSettings(isProduction: boolean) {
  return {
    SECRET_KEY: { ...secret(isProduction), desc: 'is required in production', requiredWhen: () => isProduction },
    SECRET_KEY_PREVIOUS: secret(isProduction),
    JWT_ISSUER: name('gatehouse'),
    JWT_AUDIENCE: name('gatehouse'),
    ACCESS_TOKEN_TTL: integer(900, 1, MAX_SECONDS),
    REFRESH_TOKEN_TTL: integer(1_209_600, 1, MAX_SECONDS),
    SESSION_TTL: integer(7_776_000, 1, MAX_SECONDS),
    REFRESH_GRACE: integer(10, 0, 86_400),
    MAX_SESSIONS: integer(20, 1, 10_000),
  }
}

function logSettings() {
  return {
    LOG_LEVEL: oneOf('info', LOG_LEVELS),
    LOG_FILE: optional('must be the path of a file, without any of < > " | ? * :', parseLogFile),
    LOG_FILE_SIZE: setting('10m', 'must be a number with k, m or g, such as 10m', parseFileSize),
    LOG_FILE_COUNT: integer(10, 1, 1000),
  }
}

/** OWASP's least parameters for argon2id are the defaults, and the floor in production. */
function passwordHashSettings(isProduction: boolean) {
  return {
    PASSWORD_HASH_MEMORY_KIB: integer(19_456, isProduction ? 19_456 : 256, 4_194_304),
    PASSWORD_HASH_ITERATIONS: integer(2, isProduction ? 2 : 1, 1000),
    // argon2 needs 8 KiB for each lane, which the least memory has for 32 of them.
    PASSWORD_HASH_PARALLELISM: integer(1, 1, 32),
    PASSWORD_HASH_CONCURRENCY: integer(2, 1, 1024),
  }
}

/** @param rule what an operator reads of a text for which `parse` returns undefined */
function setting<Value extends {}>(fallback: Value, rule: string, parse: Parse<Value>) {
  return makeExactValidator<Value>(strict(rule, parse))({ default: fallback })
}

function optional<Value extends {}>(rule: string, parse: Parse<Value>) {
  return makeExactValidator<Value>(strict(rule, parse))({ default: undefined })
}

type Parse<Value> = (text: string) => Value | undefined

function strict<Value>(rule: string, parse: Parse<Value>): (text: string) => Value {
  return (text) => {
    const value = parse(text)
    if (value === undefined) throw new EnvError(rule)
    return value
  }
}

function integer(fallback: number, min: number, max: number) {
  return setting(fallback, ...wholeNumber(min, max))
}

function wholeNumber(min: number, max: number): [string, Parse<number>] {
  return [`must be a whole number from ${min} to ${max}`, (text) => parseInteger(text, min, max)]
}

function boolean(fallback: boolean) {
  return setting<boolean>(fallback, 'must be true or false', parseBoolean)
}

function oneOf(fallback: string, values: readonly string[]) {
  const parse = (text: string) => (values.includes(text) ? text : undefined)
  return setting(fallback, `must be one of ${values.join(', ')}`, parse)
}

function secret(isProduction: boolean) {
  const rule = 'must be random, 32 bytes or more, no sample, in production: openssl rand -base64 48'
  const parse = (text: string) => (!isProduction || isStrongSecret(text) ? text : undefined)
  return optional(rule, parse)
}

function name(fallback: string) {
  const parse = (text: string) => (/^[\x21-\x7e]{1,255}$/.test(text) ? text : undefined)
  return setting(fallback, 'must have 1 to 255 visible ASCII characters without spaces', parse)
}
