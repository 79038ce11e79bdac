/** `docs/api.md`: each root field with an example, then the types. */
import {
  astFromValue,
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
  print,
} from 'graphql'
import type { Example } from './examples.ts'
import { anchor, fence, json, table } from './markdown.ts'
import type { RootField } from './root-fields.ts'

const INTRODUCTION = `# The API

Made from [schema.graphql](../schema.graphql) by \`npm run docs\`: do not edit. The tests have sent each example to a
running service; in what came back, ids, tokens and names are replaced by plain ones.

Send \`POST /graphql\` with \`{ "query": …, "variables": … }\`, and \`Authorization: Bearer …\` with what needs a session:
[For clients](clients.md). Any request may answer \`QUERY_TOO_COMPLEX\`, \`SERVICE_UNAVAILABLE\` or
\`INTERNAL_SERVER_ERROR\`; what each code means is in [Errors](errors.md). Limits are counted for each client:
[Limits](operations.md#limits).`

export function apiPage(schema: GraphQLSchema, fields: RootField[]): string {
  // What is shown with the field that takes it.
  const inputs = new Set<GraphQLNamedType>(
    fields.flatMap(({ field }) => field.args.filter(isInput).map(({ type }) => getNamedType(type))),
  )
  const types = Object.values(schema.getTypeMap()).filter(
    (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type) && !isRoot(schema, type) && !inputs.has(type),
  )
  const sections = (['query', 'mutation'] as const).flatMap((kind) => {
    const ofKind = fields.filter((field) => field.kind === kind)
    const type = kind === 'query' ? schema.getQueryType() : schema.getMutationType()
    return [`## ${kind === 'query' ? 'Queries' : 'Mutations'}`, type?.description ?? '', ...ofKind.map(fieldSection)]
  })
  const text = [INTRODUCTION, contents(fields), ...sections, '## Types', ...types.map(typeSection)]
  return `${text.join('\n\n')}\n`
}

function contents(fields: RootField[]): string {
  const rows = fields.map(({ kind, name, permission, limit }) => [
    `[${name}](#${anchor(name)})`,
    kind,
    permission ? `\`${permission}\`` : '',
    limit ? `${limit.limit} in ${limit.duration} s` : '',
  ])
  return table(['root field', '', 'permission', 'limit'], rows)
}

function fieldSection({ name, field, callers, permission, isFresh, limit, codes, example }: RootField): string {
  const access = [
    callers.join(' '),
    permission && `Needs [\`${permission}\`](#enum-permission).`,
    isFresh && 'The password must have been given lately.',
  ]
  const facts = [
    `- **Who**: ${access.filter(Boolean).join(' ')}`,
    limit && `- **How often**: ${limit.limit} in ${limit.duration} seconds.`,
    `- **Answer**: ${typeLink(field.type)}`,
    codes.length > 0 && `- **Codes**: ${codes.map((code) => `[\`${code}\`](errors.md#${anchor(code)})`).join(', ')}`,
  ]
  const rows = field.args.flatMap(argumentRows)
  return [
    `### ${name}`,
    oneLine(field.description),
    facts.filter(Boolean).join('\n'),
    ...(rows.length > 0 ? [table(['argument', 'type', ''], rows)] : []),
    ...(example ? [exampleText(example)] : []),
  ].join('\n\n')
}

function exampleText({ by, document, variables, answer }: Example): string {
  const sent = variables ? [`${fence('graphql', document)}\n\n${json(variables)}`] : [fence('graphql', document)]
  return [`Sent ${by === 'nobody' ? 'without a session' : `by ${by}`}:`, ...sent, 'The answer:', json(answer)].join(
    '\n\n',
  )
}

function argumentRows(argument: GraphQLArgument): string[][] {
  const type = getNamedType(argument.type)
  if (!isInput(argument) || !isInputObjectType(type)) return [inputRow(argument, argument.name)]
  const own = [`\`${argument.name}\``, `\`${argument.type}\``, oneLine(argument.description)]
  return [own, ...Object.values(type.getFields()).map((field) => inputRow(field, `${argument.name}.${field.name}`))]
}

function isInput({ name }: GraphQLArgument): boolean {
  return name === 'input'
}

function inputRow({ type, defaultValue, description }: GraphQLArgument | GraphQLInputField, name: string): string[] {
  const value = defaultValue === undefined ? undefined : astFromValue(defaultValue, type)
  return [`\`${name}\``, `${typeLink(type)}${value ? ` = \`${print(value)}\`` : ''}`, oneLine(description)]
}

function typeSection(type: GraphQLNamedType): string {
  const head = [`### ${headingOf(type)}`, oneLine(type.description)]
  if (isEnumType(type))
    return [
      ...head,
      table(
        ['value', ''],
        type.getValues().map((it) => [`\`${it.name}\``, oneLine(it.description)]),
      ),
    ].join('\n\n')
  if (isInputObjectType(type)) {
    const rows = Object.values(type.getFields()).map((field) => inputRow(field, field.name))
    return [...head, table(['field', 'type', ''], rows)].join('\n\n')
  }
  if (!isObjectType(type)) return head.join('\n\n')
  const rows = Object.values(type.getFields()).flatMap((field) => [
    [`\`${field.name}\``, typeLink(field.type), oneLine(field.description)],
    ...field.args.map((argument) => inputRow(argument, `${field.name}(${argument.name})`)),
  ])
  return [...head, table(['field', 'type', ''], rows)].join('\n\n')
}

/** The kind in front, because a type and a root field may have one name, in letters of another case. */
function headingOf(type: GraphQLNamedType): string {
  const kinds = { type: isObjectType, input: isInputObjectType, enum: isEnumType }
  const kind = Object.entries(kinds).find(([, is]) => is(type))?.[0] ?? 'scalar'
  return `${kind[0]?.toUpperCase()}${kind.slice(1)} ${type.name}`
}

/** The type as it is written, with a link to its section where it has one. */
function typeLink(type: GraphQLInputType | GraphQLOutputType): string {
  const named = getNamedType(type)
  return isSpecifiedScalarType(named) ? `\`${type}\`` : `[\`${type}\`](#${anchor(headingOf(named))})`
}

function isRoot(schema: GraphQLSchema, type: GraphQLNamedType): boolean {
  return type === schema.getQueryType() || type === schema.getMutationType()
}

function oneLine(text: string | null | undefined): string {
  return (text ?? '').replaceAll(/\s*\n\s*/g, ' ')
}
