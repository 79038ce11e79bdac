import {
  type ASTNode,
  BREAK,
  type DocumentNode,
  type GraphQLError,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  isInputObjectType,
  Kind,
  print,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql'

/**
 * Enough for every sentence of graphql-js, and of Apollo, whose longest names the headers that its CSRF prevention
 * asks for. Names in it come from the document and may be 64 KB long.
 */
const MAX_MESSAGE_LENGTH = 400

/** What graphql-js says of a variable's value in names of the schema and of fields alone. Its other sentences quote. */
const UNQUOTING_REASON =
  /^(?:Field "\w{1,128}" (?:is not defined by type "\w+"|of required type "[\w[\]!]+" was not provided)|Expected non-nullable type "[\w[\]!]+" not to be null)\.$/

/** A parser's complaint up to the kind of the token that it met, or the punctuator. */
const UP_TO_TOKEN_KIND =
  /^Syntax Error: (?:Expected (?:"[^"\s]+"|[A-Z]\w*), found|Unexpected) (?:[A-Z]\w*|"[!$&().:=@[\]{|}]+"|<EOF>)/

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

/** Whether graphql-js refused a value written in the document. */
export function isAboutLiteral(error: GraphQLError): boolean {
  return LITERAL_KINDS.has(error.nodes?.[0]?.kind ?? '')
}

/** Whether the error points at a variable: at its value in an execution, at its use in a validation. */
export function isAboutVariable(error: GraphQLError): boolean {
  const kind = error.nodes?.[0]?.kind
  return kind === Kind.VARIABLE_DEFINITION || kind === Kind.VARIABLE
}

/** The input type at the place of a value in a document. */
export function expectedType(
  schema: GraphQLSchema,
  document: DocumentNode,
  value: ASTNode,
): GraphQLInputType | undefined {
  const types = new TypeInfo(schema)
  let expected: GraphQLInputType | undefined
  const enter = (node: ASTNode) => {
    if (node !== value) return
    expected = types.getInputType() ?? undefined
    return BREAK
  }
  visit(document, visitWithTypeInfo(types, { enter }))
  return expected
}

/** For a literal that a validation refused. Names its type, never the value: it may be a password. */
export function literalMessage(error: GraphQLError, type: GraphQLInputType | undefined): string {
  const kind = error.nodes?.[0]?.kind
  // Of an input object's fields graphql-js says names of the document and the schema alone.
  if (kind === Kind.OBJECT_FIELD || (kind === Kind.OBJECT && isInputObjectType(getNamedType(type)))) {
    return plainMessage(error.message)
  }
  if (!type) return 'A value does not fit its type.'
  return `Expected a value of type "${kind === Kind.NULL ? type : getNamedType(type)}".`
}

/** For a value that an execution refused. Names variable and type, never the value. */
export function valueMessage(error: GraphQLError): string {
  const node = error.nodes?.[0]
  if (node?.kind !== Kind.VARIABLE_DEFINITION) {
    return node?.kind === Kind.VARIABLE ? 'A variable does not fit where it is used.' : 'A value does not fit its type.'
  }
  const reason = withoutSuggestion(error.originalError?.message ?? '')
  const text = `Variable "$${node.variable.name.value}" does not fit its type "${print(node.type)}".`
  return shorten(UNQUOTING_REASON.test(reason) ? `${text} ${reason}` : text)
}

/** The kind of the token that was met, not its text. */
export function syntaxMessage(message: string): string {
  const text = UP_TO_TOKEN_KIND.exec(message)?.[0] ?? withoutSuggestion(message).replace(/:? ?".*$/s, '')
  return shorten(text.replace(/\.?$/, '.'))
}

/** For messages that name fields, types and arguments of the document, and no values. */
export function plainMessage(message: string): string {
  return shorten(withoutSuggestion(message))
}

/** Suggestions would tell the schema where introspection is off. */
function withoutSuggestion(message: string): string {
  return message
    .replace(/[,;]? ?did you mean.*$/is, '')
    .trimEnd()
    .replace(/([^.?!])$/, '$1.')
}

function shorten(message: string): string {
  return message.length > MAX_MESSAGE_LENGTH ? `${message.slice(0, MAX_MESSAGE_LENGTH - 1).toWellFormed()}…` : message
}
