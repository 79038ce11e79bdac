/** What of an error may be logged. Properties are chosen, so a driver's `sql` or a request's body never comes along. */
export interface ErrorRecord {
  type: string
  message: string
  code?: string
  /** The verb and the table of the statement that failed. */
  statement?: string
  stack?: string
  cause?: ErrorRecord
}

const MAX_CAUSES = 5
const FRAME = /^ {4,8}at .{0,500}(:\d+:\d+\)?|\(<anonymous>\)|\(native\))$/

const QUOTELESS_NODES = new Set(['Document', 'OperationDefinition', 'Field', 'FragmentDefinition', 'FragmentSpread'])

interface ErrorDetails {
  code?: unknown
  errno?: unknown
  extensions?: { code?: unknown }
  previous?: unknown
  sql?: unknown
  sqlMessage?: unknown
  sqlState?: unknown
  syscall?: unknown
}

export function describeError(error: Error, depth = 0): ErrorRecord {
  const { code, extensions, sql, previous } = error as ErrorDetails
  const cause = error.cause ?? previous
  const shownCode = code ?? extensions?.code
  return {
    type: error.name,
    message: safeMessage(error),
    ...(shownCode !== undefined && { code: String(shownCode) }),
    ...(typeof sql === 'string' && { statement: statementShape(sql) }),
    stack: framesOf(error),
    ...(cause instanceof Error && depth < MAX_CAUSES && { cause: describeError(cause, depth + 1) }),
  }
}

/**
 * The message without what others put into it: SQL with its values, addresses of servers, GraphQL's quotes of the
 * input, JSON's quotes of the body.
 */
export function safeMessage(error: Error): string {
  const { code, errno, sqlMessage, syscall } = error as ErrorDetails
  if (isDatabaseError(error))
    return `Database error ${String(code ?? errno ?? error.name)}${violatedKey(String(sqlMessage ?? error.message))}`
  if (typeof syscall === 'string' && isNetworkFault(error)) return `${syscall} ${String(code)}`
  if (error instanceof AggregateError) return `Several faults${code === undefined ? '' : `, ${String(code)}`}`
  if (error instanceof SyntaxError && /JSON/.test(error.message)) return 'Not valid JSON'
  if (error.name === 'GraphQLError') return graphqlMessage(error)
  return error.message
}

/** An error at a value, or of the syntax, quotes what was sent; one at a field has the message of what was thrown. */
function graphqlMessage(error: Error & { nodes?: readonly { kind: string }[]; originalError?: unknown }): string {
  const kind = error.nodes?.[0]?.kind ?? ''
  if (!QUOTELESS_NODES.has(kind)) return 'GraphQL refused the document or its variables'
  return error.originalError instanceof Error ? safeMessage(error.originalError) : error.message
}

/** MikroORM's exceptions carry the driver's properties; its ValidationError quotes the value it refuses. */
function isDatabaseError(error: Error): boolean {
  const { code } = error as ErrorDetails
  if ('sql' in error || 'sqlMessage' in error || 'sqlState' in error) return true
  return error.name === 'ValidationError' || (typeof code === 'string' && /^(ER_|SQLITE_|PROTOCOL_)/.test(code))
}

/** Listening is apart: the address is our own, and what an operator needs to see. */
function isNetworkFault(error: Error): boolean {
  return ('address' in error || 'hostname' in error) && (error as ErrorDetails).syscall !== 'listen'
}

/** The index or column that a unique key's fault names at its end; never the value before it. */
function violatedKey(message: string): string {
  const [, key] = /(?: for key |UNIQUE constraint failed: )'?([\w.]{1,100})'?$/.exec(message) ?? []
  return key === undefined ? '' : ` (${key})`
}

function statementShape(sql: string): string {
  const [, verb = 'statement', table = ''] =
    /^\s*(\w+)(?:[\s\S]*?\b(?:into|from|update|table)\s+[`"]?(\w+))?/i.exec(sql) ?? []
  return `${verb.toLowerCase().slice(0, 20)} ${table.slice(0, 64)}`.trim()
}

/** The frames alone: the lines before them repeat the message. */
function framesOf(error: Error): string {
  const stack = error.stack ?? ''
  const at = error.message === '' ? -1 : stack.indexOf(error.message)
  const frames = at < 0 ? stack : stack.slice(at + error.message.length)
  return frames
    .split('\n')
    .filter((line) => FRAME.test(line))
    .slice(0, 20)
    .join('\n')
}
