import {
  type DefinitionNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
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
  type ValidationRule,
} from 'graphql'
import { QueryTooComplexError } from '../errors.ts'

export const MAX_TOKENS = 1_000
const MAX_DEPTH = 10
const MAX_ROOT_FIELDS = 30
const MAX_ALIASES = 30
const MAX_WRITTEN_FIELDS = 300
export const MAX_COST = 5_000

/** Bounds introspection, which has no cost: fields of one operation after fragments are expanded. */
const MAX_EXPANDED_FIELDS = 10_000

/** graphql-js adds one error, "too many errors": clients get at most 5. */
export const MAX_ERRORS = 4

/** Rows of a connection without `first` and `last`, and of a list without page arguments. */
const DEFAULT_PAGE_SIZE = 20

/** Fields that are lists of many rows although no Connection type says so. */
const UNPAGED_LISTS: ReadonlySet<string> = new Set(['sessions'])

type Variables = Readonly<Record<string, unknown>>

/**
 * Refuses a document by depth, root fields, aliases and fields, whatever operation of it runs.
 *
 * The rule reports at document entry, and MAX_ERRORS + 1 times, so that graphql-js aborts before its own rules compare
 * fields in pairs, which is quadratic. `firstRefusal` in `plugin.ts` answers only the first of these errors.
 */
export const limitsRule: ValidationRule = (context) => ({
  Document(document) {
    const refusal = refusalOf(context.getSchema(), document)
    if (refusal === null) return
    const originalError = new QueryTooComplexError(refusal)
    for (let count = 0; count <= MAX_ERRORS; count += 1) {
      context.reportError(new GraphQLError(originalError.message, { originalError }))
    }
  },
})

/** Cost of an operation. No validation rule can bound it: it depends on variables, and Apollo caches validation. */
export function costOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Variables,
): number {
  return new Meter(schema, document, (field) => pageSizeOf(field, operation, variables)).measure(operation).cost
}

function refusalOf(schema: GraphQLSchema, document: DocumentNode): string | null {
  const meter = new Meter(schema, document, () => 1)
  const sizes = document.definitions.map((definition) => ({ kind: definition.kind, ...meter.measure(definition) }))
  if (meter.writtenFields > MAX_WRITTEN_FIELDS) return `More than ${MAX_WRITTEN_FIELDS} fields.`
  const refusals = sizes.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION).map(refusalOfSize)
  return refusals.find((refusal) => refusal !== null) ?? null
}

function refusalOfSize({ depth, roots, aliases, fields }: Size): string | null {
  if (depth > MAX_DEPTH) return `More than ${MAX_DEPTH} levels of fields.`
  if (roots > MAX_ROOT_FIELDS) return `More than ${MAX_ROOT_FIELDS} root fields.`
  if (aliases > MAX_ALIASES) return `More than ${MAX_ALIASES} aliases.`
  if (fields > MAX_EXPANDED_FIELDS) return `More than ${MAX_EXPANDED_FIELDS} fields once fragments are expanded.`
  return null
}

/** Of a selection after fragments are expanded and before equal fields are merged. */
interface Size {
  /** Levels of fields; `__schema` and `__type` have none, since graphql-js bounds introspection itself. */
  depth: number
  /** Fields of the first level. */
  roots: number
  aliases: number
  /** Fields of all levels. */
  fields: number
  /** 1 for each field; everything below a connection counts once for each row. Introspection costs nothing. */
  cost: number
}

const NOTHING: Size = { depth: 0, roots: 0, aliases: 0, fields: 0, cost: 0 }

/** Measures the definitions of one document, each selection set once: a fragment bomb takes as long as its text. */
class Meter {
  /** Fields of the definitions measured so far, as they stand in the text. */
  writtenFields = 0
  readonly #fragments: Map<string, FragmentDefinitionNode>
  /** By node, not by name: an invalid document may define a name twice. */
  readonly #measured = new Map<FragmentDefinitionNode, Size>()

  constructor(
    readonly schema: GraphQLSchema,
    document: DocumentNode,
    readonly pageSize: (field: FieldNode) => number,
  ) {
    const fragments = document.definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION)
    this.#fragments = new Map(fragments.map((fragment) => [fragment.name.value, fragment]))
  }

  measure(definition: DefinitionNode): Size {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) return this.#fragment(definition)
    if (definition.kind !== Kind.OPERATION_DEFINITION) return NOTHING
    return this.#set(definition.selectionSet, this.schema.getRootType(definition.operation) ?? undefined)
  }

  #set(set: SelectionSetNode | undefined, parent: GraphQLNamedType | undefined): Size {
    const size = { ...NOTHING }
    for (const selection of set?.selections ?? []) {
      const part = this.#selection(selection, parent)
      size.depth = Math.max(size.depth, part.depth)
      size.roots += part.roots
      size.aliases += part.aliases
      size.fields += part.fields
      size.cost += part.cost
    }
    return size
  }

  #selection(selection: SelectionNode, parent: GraphQLNamedType | undefined): Size {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return this.#fragment(this.#fragments.get(selection.name.value))
    if (selection.kind === Kind.FIELD) return this.#field(selection, parent)
    const condition = selection.typeCondition?.name.value
    return this.#set(selection.selectionSet, condition === undefined ? parent : this.schema.getType(condition))
  }

  #field(field: FieldNode, parent: GraphQLNamedType | undefined): Size {
    this.writtenFields += 1
    const name = field.name.value
    const definition = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name] : undefined
    const below = this.#set(field.selectionSet, definition && getNamedType(definition.type))
    const isIntrospection = name === '__schema' || name === '__type'
    return {
      depth: isIntrospection ? 0 : below.depth + 1,
      roots: 1,
      aliases: below.aliases + (field.alias ? 1 : 0),
      fields: below.fields + 1,
      cost: isIntrospection ? 0 : 1 + below.cost * this.#rows(field, definition),
    }
  }

  /** A cycle counts as nothing: a rule of graphql-js refuses it. */
  #fragment(fragment: FragmentDefinitionNode | undefined): Size {
    if (!fragment) return NOTHING
    const known = this.#measured.get(fragment)
    if (known) return known
    this.#measured.set(fragment, NOTHING)
    const size = this.#set(fragment.selectionSet, this.schema.getType(fragment.typeCondition.name.value))
    this.#measured.set(fragment, size)
    return size
  }

  #rows(field: FieldNode, definition: GraphQLField<unknown, unknown> | undefined): number {
    if (!definition) return 1
    if (getNamedType(definition.type).name.endsWith('Connection')) return this.pageSize(field)
    return UNPAGED_LISTS.has(definition.name) && isListType(getNullableType(definition.type)) ? DEFAULT_PAGE_SIZE : 1
  }
}

/** Variables are not coerced yet: one of the wrong type counts as left out. */
function pageSizeOf(field: FieldNode, operation: OperationDefinitionNode, variables: Variables): number {
  const sizes = ['first', 'last'].flatMap((name) => {
    const value = argumentOf(field, name, operation, variables)
    // A size below 1 is refused by the service; here it must not lower the cost.
    return typeof value === 'number' ? [Math.max(1, value)] : []
  })
  return sizes.length === 0 ? DEFAULT_PAGE_SIZE : Math.max(...sizes)
}

function argumentOf(field: FieldNode, name: string, operation: OperationDefinitionNode, variables: Variables): unknown {
  const value = field.arguments?.find((argument) => argument.name.value === name)?.value
  if (value?.kind === Kind.INT) return Number(value.value)
  if (value?.kind !== Kind.VARIABLE) return undefined
  const variable = value.name.value
  if (Object.hasOwn(variables, variable)) return variables[variable]
  const definition = operation.variableDefinitions?.find((candidate) => candidate.variable.name.value === variable)
  return definition?.defaultValue?.kind === Kind.INT ? Number(definition.defaultValue.value) : undefined
}
