import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'
import { fragmentsOf, isIntrospection } from './document-size.ts'

export const MAX_COST = 5_000

/** Of a connection without `first` or `last`, and of the one list of sessions. */
const DEFAULT_PAGE_SIZE = 20

interface Counting {
  schema: GraphQLSchema
  fragments: Map<string, FragmentDefinitionNode>
  /** Cost by fragment. Context-free, since every fragment names its type. */
  known: Map<string, number>
  pageSize(field: FieldNode): number
}

/**
 * What the operation asks for: a field costs 1, and all below a connection counts as often as its page has rows.
 * Of a valid document; variables may still be of any kind, and a wrong one counts as left out.
 */
export function costOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): number {
  const counting: Counting = {
    schema,
    fragments: fragmentsOf(document),
    known: new Map(),
    pageSize: (field) => pageSizeOf(field, operation, variables),
  }
  return costOfSet(counting, operation.selectionSet, schema.getRootType(operation.operation) ?? undefined)
}

function costOfSet(
  counting: Counting,
  set: SelectionSetNode | undefined,
  parent: GraphQLNamedType | undefined,
): number {
  return (set?.selections ?? []).reduce((sum, selection) => sum + costOfSelection(counting, selection, parent), 0)
}

function costOfSelection(counting: Counting, selection: SelectionNode, parent: GraphQLNamedType | undefined): number {
  if (selection.kind === Kind.FRAGMENT_SPREAD) return costOfFragment(counting, selection.name.value)
  if (selection.kind === Kind.INLINE_FRAGMENT) {
    const type = selection.typeCondition ? counting.schema.getType(selection.typeCondition.name.value) : parent
    return costOfSet(counting, selection.selectionSet, type)
  }
  if (isIntrospection(selection)) return 0
  const definition =
    isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[selection.name.value] : undefined
  const below = costOfSet(counting, selection.selectionSet, definition && getNamedType(definition.type))
  return 1 + below * multiplierOf(counting, selection, definition)
}

function costOfFragment(counting: Counting, name: string): number {
  const known = counting.known.get(name)
  if (known !== undefined) return known
  const fragment = counting.fragments.get(name)
  const type = fragment && counting.schema.getType(fragment.typeCondition.name.value)
  const cost = costOfSet(counting, fragment?.selectionSet, type)
  counting.known.set(name, cost)
  return cost
}

function multiplierOf(counting: Counting, field: FieldNode, definition: GraphQLField<unknown, unknown> | undefined) {
  if (!definition) return 1
  if (getNamedType(definition.type).name.endsWith('Connection')) return counting.pageSize(field)
  return definition.name === 'sessions' && isListType(getNullableType(definition.type)) ? DEFAULT_PAGE_SIZE : 1
}

function pageSizeOf(
  field: FieldNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): number {
  const sizes = ['first', 'last'].flatMap((name) => {
    const value = argumentOf(field, name, operation, variables)
    // Below 1 it is refused later; here it must not make the whole cheaper.
    return typeof value === 'number' && !Number.isNaN(value) ? [Math.max(1, value)] : []
  })
  return sizes.length === 0 ? DEFAULT_PAGE_SIZE : Math.max(...sizes)
}

function argumentOf(
  field: FieldNode,
  name: string,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): unknown {
  const value = field.arguments?.find((argument) => argument.name.value === name)?.value
  if (value?.kind === Kind.INT) return Number(value.value)
  if (value?.kind !== Kind.VARIABLE) return undefined
  const variable = value.name.value
  if (Object.hasOwn(variables, variable)) return variables[variable]
  const definition = operation.variableDefinitions?.find((candidate) => candidate.variable.name.value === variable)
  return definition?.defaultValue?.kind === Kind.INT ? Number(definition.defaultValue.value) : undefined
}
