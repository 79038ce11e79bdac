/** What a log may know of an error. Fields are chosen, so a driver's `sql` or a request's body never comes along. */
export interface FaultDescription {
  name: string
  message: string
  code?: string
  sqlState?: string
  /** Verb and table of the statement that failed. */
  statement?: string
  /** Frames of the stack, innermost first. */
  at: string[]
  cause?: FaultDescription
}

/** What drivers, Node and GraphQL add to their errors. */
interface ErrorDetails {
  code?: unknown
  errno?: unknown
  extensions?: { code?: unknown }
  nodes?: readonly { kind: string }[]
  originalError?: unknown
  previous?: unknown
  sql?: unknown
  sqlMessage?: unknown
  sqlState?: unknown
  syscall?: unknown
}

const MAX_CAUSES = 5
const MAX_FRAMES = 20
const MAX_MESSAGE_LENGTH = 300
/** Replacing parts of a message costs time for each character. */
const MAX_READ_LENGTH = 10_000

const FRAME = /^ {4,8}at .{0,500}(:\d+:\d+\)?|\(<anonymous>\)|\(native\))$/

/** GraphQL's errors at these nodes do not quote the input. */
const QUOTELESS_NODES = new Set(['Document', 'OperationDefinition', 'Field', 'FragmentDefinition', 'FragmentSpread'])

/** Faults of TLS to the database by their codes. Node's texts quote the server's names. */
const TLS_FAULTS: Record<string, string> = {
  ER_SECURE_TRANSPORT_REQUIRED: 'The server refuses connections without TLS: set DATABASE_TLS',
  HANDSHAKE_NO_SSL_SUPPORT: 'The server does not offer the TLS that DATABASE_TLS asks for',
}

/** URLs, IPv4 addresses with their port, and anything long enough to be a token. */
const SECRET_SHAPES = /\b[a-z][a-z+.-]*:\/\/\S+|\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?|[\w+=-]{20,}(?:[./][\w+/=-]+)*/gi

/**
 * Describes an error without what others put into it: SQL with its values, addresses of servers, quotes of the input.
 *
 * @param sent texts of the request that the description must not repeat; those under 3 characters are ignored
 */
export function describeFault(error: unknown, sent: readonly string[] = [], depth = 0): FaultDescription {
  if (!(error instanceof Error)) return { name: typeof error, message: 'An unknown fault', at: [] }
  const { code, extensions, sql, sqlState, previous } = error as ErrorDetails
  const shownCode = code ?? extensions?.code
  const cause = error.cause ?? previous
  return {
    name: error.name,
    message: safeMessage(error, sent),
    ...(shownCode !== undefined && /^\w{1,64}$/.test(String(shownCode)) && { code: String(shownCode) }),
    ...(typeof sqlState === 'string' && /^\w{5}$/.test(sqlState) && { sqlState }),
    ...(typeof sql === 'string' && { statement: statementShape(sql) }),
    at: framesOf(error),
    ...(cause instanceof Error && depth < MAX_CAUSES && { cause: describeFault(cause, sent, depth + 1) }),
  }
}

function safeMessage(error: Error, sent: readonly string[]): string {
  const { code, errno, sqlMessage, syscall } = error as ErrorDetails
  if (code === 'HANDSHAKE_SSL_ERROR') return handshakeFault(error.message)
  const tlsFault = TLS_FAULTS[String(code)]
  if (tlsFault !== undefined) return tlsFault
  if (isDatabaseError(error))
    return `Database error ${String(code ?? errno ?? error.name)}${violatedKey(String(sqlMessage ?? error.message))}`
  // The address is the service's own, and the operator needs it.
  if (syscall === 'listen') return error.message
  if (typeof syscall === 'string' && ('address' in error || 'hostname' in error)) return `${syscall} ${String(code)}`
  if (error instanceof AggregateError) return `Several faults${code === undefined ? '' : `, ${String(code)}`}`
  if (error.name === 'SyntaxError') return /JSON/.test(error.message) ? 'Not valid JSON' : 'Not valid syntax'
  if (error.name === 'GraphQLError') return graphqlMessage(error, sent)
  return scrub(error.message, sent)
}

function handshakeFault(message: string): string {
  if (/altnames/.test(message)) return "The database's certificate is for another host than the one in DATABASE_URL"
  if (/expired|not yet valid/.test(message)) return "The database's certificate has expired or is not valid yet"
  if (/self.signed|issuer|unable to verify/.test(message))
    return "The database's certificate is of an authority that is not known: see DATABASE_CA_FILE"
  return 'The TLS handshake with the database failed'
}

/** GraphQL's message at a value, or about syntax, quotes the input; at a field it is that of the error thrown there. */
function graphqlMessage(error: Error, sent: readonly string[]): string {
  const { nodes, originalError } = error as ErrorDetails
  if (!QUOTELESS_NODES.has(nodes?.[0]?.kind ?? '')) return 'GraphQL refused the document or its variables'
  return originalError instanceof Error ? safeMessage(originalError, sent) : scrub(error.message, sent)
}

/** MikroORM's exceptions carry the driver's properties; its ValidationError quotes the value that it refuses. */
function isDatabaseError(error: Error): boolean {
  const { code } = error as ErrorDetails
  if ('sql' in error || 'sqlMessage' in error || 'sqlState' in error) return true
  if (/Exception$|^ValidationError$|^SqliteError$/.test(error.name)) return true
  return typeof code === 'string' && /^(ER_|SQLITE_|PROTOCOL_)/.test(code)
}

/** The index or column that a unique key's fault names at its end, without the value that stands before it. */
function violatedKey(message: string): string {
  const [, key] = /(?: for key |UNIQUE constraint failed: )'?([\w.]{1,100})'?$/.exec(message) ?? []
  return key === undefined ? '' : ` (${key})`
}

/** Verb and table. After its table an update has values, which may read like one. */
export function statementShape(sql: string): string {
  const verb = /^\s*(\w{1,20})/.exec(sql)?.[1]?.toLowerCase() ?? 'statement'
  const beforeTable = verb === 'update' ? /^\s*update\s+[`"]?(\w+)/i : /\b(?:into|from|table)\s+[`"]?(\w+)/i
  const table = beforeTable.exec(sql)?.[1] ?? ''
  return `${verb} ${table.slice(0, 64)}`.trim()
}

/** Replaces the longest values first: a shorter one inside a longer would leave the rest of it readable. */
function scrub(message: string, sent: readonly string[]): string {
  const values = sent.filter((value) => value.length >= 3).sort((left, right) => right.length - left.length)
  const text = values.reduce((rest, value) => rest.replaceAll(value, '[sent]'), message.slice(0, MAX_READ_LENGTH))
  return text.replace(SECRET_SHAPES, '[Redacted]').slice(0, MAX_MESSAGE_LENGTH)
}

/** The lines before the frames repeat the message, which may itself contain lines that look like frames. */
function framesOf(error: Error): string[] {
  const stack = error.stack ?? ''
  const at = error.message === '' ? -1 : stack.indexOf(error.message)
  const lines = (at < 0 ? stack : stack.slice(at + error.message.length)).split('\n')
  return lines.filter((line) => FRAME.test(line)).slice(0, MAX_FRAMES)
}
