import { type ASTNode, type GraphQLError, Kind, print } from 'graphql'

/** Long enough for every sentence of graphql's; names come from the document, which may be 64 KB. */
const MAX_MESSAGE_LENGTH = 300

/** What may stand at the end of graphql's complaint about a value: names of the schema or the document, no value. */
const HARMLESS_REASONS = [
  /Field "[\w.]{1,128}" of required type "[\w[\]!]{1,128}" was not provided\.$/,
  /Field "\w{1,128}" is not defined by type "\w{1,128}"\.$/,
  /Expected non-nullable type "[\w[\]!]{1,128}" not to be null\.$/,
]

/** A type's name before any value, or after one that can only be a name. */
const TYPE_FIRST =
  /^(?:Expected value of type|Enum) "([\w[\]!]+)"|^(\w+) cannot represent|^Value "\w+" does not exist in "(\w+)" enum/

const LITERAL_KINDS: ReadonlySet<string> = new Set([
  Kind.INT,
  Kind.FLOAT,
  Kind.STRING,
  Kind.BOOLEAN,
  Kind.NULL,
  Kind.ENUM,
  Kind.LIST,
  Kind.OBJECT,
  Kind.OBJECT_FIELD,
])

/** Whether graphql itself found a written value that does not fit; decided by what it points at, not by its words. */
export function isAboutLiteral(error: GraphQLError): boolean {
  return LITERAL_KINDS.has(error.nodes?.[0]?.kind ?? '')
}

/** The same for what a variable held. When a document is checked, variables have no values yet. */
export function isAboutVariable(error: GraphQLError): boolean {
  const kind = error.nodes?.[0]?.kind
  return kind === Kind.VARIABLE_DEFINITION || kind === Kind.VARIABLE
}

/** Says which value does not fit, and never repeats it: it may be a password. */
export function valueMessage(error: GraphQLError): string {
  const message = withoutSuggestion(error.message)
  const reason = HARMLESS_REASONS.map((pattern) => pattern.exec(message)?.[0]).find((text) => text !== undefined)
  const node = error.nodes?.[0]
  if (node?.kind === Kind.VARIABLE_DEFINITION) {
    const what = `Variable "$${node.variable.name.value}" does not fit its type "${print(node.type)}".`
    return shorten(reason ? `${what} ${reason}` : what)
  }
  return shorten(reason ?? literalMessage(message, node))
}

function literalMessage(message: string, node: ASTNode | undefined): string {
  const match = TYPE_FIRST.exec(message)
  const type = match?.slice(1).find((name) => name !== undefined)
  if (type) return `Expected a value of type "${type}".`
  return node?.kind === Kind.VARIABLE ? 'A variable does not fit where it is used.' : 'A value does not fit its type.'
}

/** Of the token that was met its kind is told, not its text. */
export function syntaxMessage(message: string): string {
  const text = withoutSuggestion(message)
  const beforeToken = /^(.*(?:found|Unexpected) [A-Z]\w*) ".*$/s.exec(text)
  if (beforeToken) return shorten(`${beforeToken[1]}.`)
  if (/(?:found|[Uu]nexpected) (?:"[!$&().:=@[\]{|}]+"|<EOF>)\.$/.test(text)) return shorten(text)
  return shorten(text.replace(/:? ?".*$/s, '.').replace(/\.+$/, '.'))
}

/** Everything else names parts of the document: fields, types, arguments. */
export function plainMessage(message: string): string {
  return shorten(withoutSuggestion(message))
}

/** What exists is for introspection to tell, where that is on. */
function withoutSuggestion(message: string): string {
  return message.replace(/[,;]? ?did you mean.*$/is, '').replace(/([^.?!])$/, '$1.')
}

function shorten(message: string): string {
  return message.length > MAX_MESSAGE_LENGTH ? `${message.slice(0, MAX_MESSAGE_LENGTH - 1).toWellFormed()}…` : message
}
