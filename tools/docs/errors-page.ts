/** `docs/errors.md`: what each code means, and what a client does. */
import type { GraphQLEnumType, GraphQLSchema } from 'graphql'
import { ADVICE } from './error-advice.ts'
import { readError } from './examples.ts'
import { anchor, json, table } from './markdown.ts'
import type { RootField } from './root-fields.ts'

const INTRODUCTION = `# Errors

Made by \`npm run docs\` from the schema and from errors that the tests have provoked: do not edit.

An error has a \`message\` for people, a \`path\` where a field failed, and \`extensions.code\`, a value of \`ErrorCode\`. Go
by the code: messages may change. Root fields are nullable, so one that failed is null and hides no other.
Enums grow with versions: have a default case. The HTTP status tells little: [Requests](clients.md#requests).`

/** Codes of Apollo Server, for requests that never ran, and when each comes. */
const OF_APOLLO = {
  GRAPHQL_PARSE_FAILED: 'The document is no GraphQL.',
  GRAPHQL_VALIDATION_FAILED: 'The document does not fit the schema; a literal that breaks its type too.',
  OPERATION_RESOLUTION_FAILURE: 'No operation, or none of the name, or a mutation by GET.',
  PERSISTED_QUERY_NOT_SUPPORTED: 'A hash came without its text. Automatic persisted queries are off: send the text.',
  BAD_REQUEST: 'The HTTP request is none that GraphQL allows: a batch, no JSON, or one that a form could send.',
}

/** Of many; every other code names the root fields that answer it. */
const OF_MANY: Record<string, string> = {
  BAD_USER_INPUT: 'every root field with arguments',
  DOCUMENT_NOT_FOUND: 'any request that names a document, where `TRUSTED_DOCUMENTS` is set',
  DOCUMENT_NOT_TRUSTED: 'any request with a text, where `TRUSTED_DOCUMENTS_MODE` is `only`',
  FORBIDDEN: 'every root field that needs a permission, a session and no API key, or open registration',
  INTERNAL_SERVER_ERROR: 'any request',
  QUERY_TOO_COMPLEX: 'any request',
  RATE_LIMITED: 'every root field with a limit',
  SERVICE_UNAVAILABLE: 'any request',
  UNAUTHENTICATED: 'every root field that needs a session or an API key',
}

export function errorsPage(schema: GraphQLSchema, fields: RootField[]): string {
  const codes = valuesOf(schema, 'ErrorCode')
  const rules = valuesOf(schema, 'FieldErrorCode')
  const text = [
    INTRODUCTION,
    table(
      ['`extensions.code`', 'what to do'],
      codes.map(({ name }) => [`[\`${name}\`](#${anchor(name)})`, adviceOf(name).todo]),
    ),
    ...codes.map(({ name, description }) => codeSection(name, description ?? '', fields)),
    '## The codes in fields',
    'Of `BAD_USER_INPUT` and `CONFLICT`: each entry of `extensions.fields` has the `path` of the value in the arguments, a\n`message` to show beside it, which never repeats the value, and one of these codes, for texts of your own.',
    table(
      ['`fields[].code`', ''],
      rules.map(({ name, description }) => [`\`${name}\``, description ?? '']),
    ),
    '## Requests that never ran',
    'Their codes are those of Apollo Server. Mend the request: sending it again changes nothing.',
    ...Object.entries(OF_APOLLO).map(([name, meaning]) => [`### ${name}`, meaning, json(readError(name))].join('\n\n')),
  ]
  return `${text.join('\n\n')}\n`
}

function codeSection(name: string, meaning: string, fields: RootField[]): string {
  const { todo, beside } = adviceOf(name)
  const from = fields.filter(({ codes }) => codes.includes(name)).map(({ name }) => `[${name}](api.md#${anchor(name)})`)
  const facts = [
    `- **What to do**: ${todo}`,
    beside && `- **Beside the code**: ${beside}`,
    `- **From**: ${OF_MANY[name] ?? from.join(', ')}.`,
  ]
  return [`## ${name}`, meaning, facts.filter(Boolean).join('\n'), json(readError(name))].join('\n\n')
}

function adviceOf(name: string) {
  const advice = Object.hasOwn(ADVICE, name) ? ADVICE[name as keyof typeof ADVICE] : undefined
  if (!advice) throw new Error(`${name} has no line in tools/docs/error-advice.ts`)
  return advice
}

function valuesOf(schema: GraphQLSchema, name: string) {
  return (schema.getType(name) as GraphQLEnumType).getValues()
}
