import { describeError } from './error-record.ts'

const CENSOR = '[Redacted]'
const MAX_DEPTH = 6
const MAX_ITEMS = 50
const MAX_TEXT = 4000

/** Names in lower case without - and _; besides, any name that ends in one of SECRET_ENDINGS. */
const SECRET_NAMES = new Set([
  'body',
  'databaseurl',
  'hash',
  'identifier',
  'input',
  'jwk',
  'jwks',
  'key',
  'keys',
  'newkey',
  'parameters',
  'params',
  'passwordhash',
  'previouskey',
  'privatekey',
  'query',
  'rawheaders',
  'redisurl',
  'secretkey',
  'secretkeyprevious',
  'sql',
  'sqlmessage',
  'variables',
])
const SECRET_ENDINGS = /(authorization|cookies?|credentials?|passwords?|secrets?|tokens?)$/

/** Paths for pino's own redaction, which alone sees the bindings of child loggers. */
export const SECRET_PATHS = [
  'authorization',
  'cookie',
  'password',
  'refreshToken',
  'accessToken',
  'csrfToken',
  'token',
  'secret',
  'key',
]

/**
 * What may be logged of the object given with a message: plain data, at most 6 deep, without secrets.
 * Of an instance only its class is shown, so an entity or a request can be logged by mistake without harm.
 */
export function toLoggable(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}…` : value
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Error) return describeError(value)
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString()
  if (depth >= MAX_DEPTH) return '[…]'
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => toLoggable(item, depth + 1))
  return isPlain(value) ? redactFields(value, depth) : `[${value.constructor?.name ?? 'object'}]`
}

function redactFields(fields: object, depth: number): Record<string, unknown> {
  const entries = Object.entries(fields).slice(0, MAX_ITEMS * 2)
  return Object.fromEntries(entries.map(([name, value]) => [name, redactField(name, value, depth)]))
}

function redactField(name: string, value: unknown, depth: number): unknown {
  const plainName = name.toLowerCase().replace(/[-_]/g, '')
  if (value !== null && value !== undefined && isSecretName(plainName)) return CENSOR
  if (plainName === 'url' && typeof value === 'string') return value.split('?', 1)[0]
  if (depth === 0 && name === 'req') return requestFields(value)
  if (depth === 0 && name === 'res') return pick(value, ['statusCode'])
  return toLoggable(value, depth + 1)
}

function isSecretName(plainName: string): boolean {
  return SECRET_NAMES.has(plainName) || SECRET_ENDINGS.test(plainName)
}

/** A GET request carries its document in the query string. */
function requestFields(value: unknown): Record<string, unknown> {
  const { url, ...fields } = pick(value, ['id', 'method', 'url'])
  return { ...fields, ...(typeof url === 'string' && { url: url.split('?', 1)[0] }) }
}

function pick(value: unknown, names: string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return {}
  return Object.fromEntries(names.map((name) => [name, toLoggable(Reflect.get(value, name), MAX_DEPTH)]))
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
