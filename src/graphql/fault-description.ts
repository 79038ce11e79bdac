/** What the log may know of an unexpected error: where it happened and what kind it is. Never what a user sent. */
interface FaultDescription {
  name: string
  message?: string
  code?: string
  errno?: number
  sqlState?: string
  at: string[]
  cause?: FaultDescription
}

const MAX_CAUSES = 4
const MAX_FRAMES = 12
const MAX_MESSAGE_LENGTH = 300

/** Their messages hold statements with values, addresses, or a piece of the text that could not be read. */
const SPEAKS_OF_VALUES = /Exception$|^SqliteError$|^SyntaxError$|^AggregateError$/

/** Addresses with passwords, hosts and ports, and anything long enough to be a token. */
const SECRET_SHAPES = /\b[a-z][a-z+.-]*:\/\/\S+|\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?|[\w+/=-]{20,}(?:\.[\w+/=-]+)*/gi

/**
 * @param sent texts of the request (variables, credentials) that no line may repeat; shorter than 3 characters: ignored
 */
export function describeFault(error: unknown, sent: readonly string[], depth = 0): FaultDescription {
  if (!(error instanceof Error)) return { name: typeof error, at: [] }
  const fields = error as Error & { code?: unknown; errno?: unknown; sqlState?: unknown; sql?: unknown }
  const description: FaultDescription = { name: error.name, at: framesOf(error) }
  const isFromDriver = fields.sql !== undefined || fields.sqlState !== undefined || fields.errno !== undefined
  if (!isFromDriver && !SPEAKS_OF_VALUES.test(error.name)) description.message = scrub(error.message, sent)
  if (typeof fields.code === 'string' && /^\w{1,64}$/.test(fields.code)) description.code = fields.code
  if (typeof fields.errno === 'number') description.errno = fields.errno
  if (typeof fields.sqlState === 'string' && /^\w{5}$/.test(fields.sqlState)) description.sqlState = fields.sqlState
  const cause = error.cause ?? ('previous' in error ? error.previous : undefined)
  if (cause !== undefined && depth < MAX_CAUSES) description.cause = describeFault(cause, sent, depth + 1)
  return description
}

/** Longest first, so that no remainder of a value is left by a shorter one inside it. */
function scrub(message: string, sent: readonly string[]): string {
  const values = sent.filter((value) => value.length >= 3).sort((left, right) => right.length - left.length)
  const text = values.reduce((rest, value) => rest.replaceAll(value, '[sent]'), message.slice(0, 10_000))
  return text.replace(SECRET_SHAPES, '[redacted]').slice(0, MAX_MESSAGE_LENGTH)
}

/** A stack begins with the message, which may have several lines. */
function framesOf(error: Error): string[] {
  const lines = error.stack?.split('\n') ?? []
  return lines
    .filter((line) => /^ {4}at /.test(line))
    .map((line) => line.trim())
    .slice(0, MAX_FRAMES)
}
