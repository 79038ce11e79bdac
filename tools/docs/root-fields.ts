import {
  type ConstDirectiveNode,
  type GraphQLEnumType,
  type GraphQLField,
  type GraphQLSchema,
  valueFromASTUntyped,
} from 'graphql'
import type { Example } from './examples.ts'

/** What the schema says of a root field by its directives, and the tests by its example. */
export interface RootField {
  kind: 'query' | 'mutation'
  name: string
  field: GraphQLField<unknown, unknown>
  /** Who may call it: descriptions of `Caller`. */
  callers: string[]
  permission: string | null
  isFresh: boolean
  limit: { limit: number; duration: number } | null
  example: Example | null
  /** Codes that its answers may have, beside those of any request. */
  codes: string[]
}

/** Queries first, each kind by name. */
export function rootFieldsOf(schema: GraphQLSchema, examples: Map<string, Example>): RootField[] {
  const kinds = [
    ['query', schema.getQueryType()],
    ['mutation', schema.getMutationType()],
  ] as const
  return kinds.flatMap(([kind, type]) =>
    Object.values(type?.getFields() ?? {}).map((field) => rootField(schema, kind, field, examples.get(field.name))),
  )
}

function rootField(
  schema: GraphQLSchema,
  kind: RootField['kind'],
  field: GraphQLField<unknown, unknown>,
  example: Example | null = null,
): RootField {
  const access = directive(field, 'access')
  const by = (access?.by ?? []) as string[]
  const permission = (access?.permission as string | undefined) ?? null
  const isFresh = access?.fresh === true
  const limit = directive(field, 'rateLimit') as RootField['limit']
  const codes = new Set(example?.refusals)
  if (field.args.length > 0) codes.add('BAD_USER_INPUT')
  if (!by.includes('ANYONE')) codes.add('UNAUTHENTICATED')
  if (permission || (!by.includes('ANYONE') && !everyCaller(schema, by))) codes.add('FORBIDDEN')
  if (isFresh) codes.add('REAUTHENTICATION_REQUIRED')
  if (limit) codes.add('RATE_LIMITED')
  const callers = by.map((name) => descriptionOf(schema, 'Caller', name))
  return { kind, name: field.name, field, callers, permission, isFresh, limit, example, codes: [...codes].toSorted() }
}

/** Whether all but anonymous ones may come: a session, or a key. */
function everyCaller(schema: GraphQLSchema, by: string[]): boolean {
  const names = (schema.getType('Caller') as GraphQLEnumType).getValues().map(({ name }) => name)
  return names.every((name) => name === 'ANYONE' || by.includes(name))
}

export function descriptionOf(schema: GraphQLSchema, type: string, value: string): string {
  return (schema.getType(type) as GraphQLEnumType).getValue(value)?.description ?? ''
}

/** The arguments of a directive of a field; null without it. */
function directive({ astNode }: GraphQLField<unknown, unknown>, name: string): Record<string, unknown> | null {
  const node: ConstDirectiveNode | undefined = astNode?.directives?.find((found) => found.name.value === name)
  if (!node) return null
  return Object.fromEntries((node.arguments ?? []).map((it) => [it.name.value, valueFromASTUntyped(it.value)]))
}
