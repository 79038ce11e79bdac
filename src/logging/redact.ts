import type { LoggerOptions } from 'pino'
import { describeFault, type FaultDescription } from './describe-fault.ts'

const CENSOR = '[Redacted]'

/** Names of fields whose value no line may show, in any spelling of case, - and _. */
const SECRET_NAME =
  /secret|(authorization|cookies?|credentials?|hash|keys?|passwords?|tokens?|(database|redis)url)$|^(body|identifier|input|jwks?|parameters|params|previouskey|query|rawheaders|sql|sqlmessage|variables)$/

/** pino does not run the formatter on the bindings of child loggers, so names that matter there are listed. */
const SECRET_BINDINGS = [
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

const DEEPEST_PATH = '*.*.*.*.*'

/** The formatter sees the top level of what is logged; redaction sees the levels below, and cuts off what is deeper. */
export const REDACTION: Pick<LoggerOptions, 'formatters' | 'redact' | 'serializers'> = {
  formatters: { log: redactFields },
  redact: {
    paths: [...SECRET_BINDINGS, '*.*', '*.*.*', '*.*.*.*', DEEPEST_PATH],
    censor: (value: unknown, path: string[]) => {
      const isTooDeep = path.length === DEEPEST_PATH.split('.').length && typeof value === 'object' && value !== null
      return redactField(path.at(-1) ?? '', isTooDeep ? '[…]' : value)
    },
  },
  serializers: { err: serializeError, req: serializeRequest },
}

function redactFields(fields: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, redactField(name, value)]))
}

function redactField(name: string, value: unknown): unknown {
  const plainName = name.toLowerCase().replace(/[-_]/g, '')
  if (SECRET_NAME.test(plainName)) return CENSOR
  // A GET request carries its document in the query string.
  if (plainName === 'url' && typeof value === 'string') return value.split('?', 1)[0]
  return value instanceof Error ? serializeError(value) : withoutContent(value)
}

/** Of an instance only the class is shown, so that an entity or a request can be logged by mistake without harm. */
function withoutContent(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Date) return value
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null ? value : `[${value.constructor?.name ?? 'object'}]`
}

/** An error with the field names of pino's own serializer, which log viewers know. */
function serializeError(error: unknown): unknown {
  return error instanceof Error ? withPinoNames(describeFault(error)) : error
}

function withPinoNames({ name, at, cause, ...rest }: FaultDescription): object {
  return { type: name, ...rest, stack: at.join('\n'), ...(cause && { cause: withPinoNames(cause) }) }
}

function serializeRequest(request: { method?: unknown; url?: unknown }): object {
  return { method: request.method, url: request.url }
}
