import {
  type DocumentNode,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql'

const MAX_FIELDS = 30
const MAX_NAME_LENGTH = 100
const META_FIELDS: ReadonlySet<string> = new Set(['__schema', '__type', '__typename'])

/** For logs: names of the schema or of GraphQL's grammar, so letters, digits and _ alone. */
export interface OperationNames {
  /** At most 100 characters; null without a name, and where no operation was found. */
  operation: string | null
  /** Root fields that exist, each once, fragments included; 30 at most. */
  fields: string[]
}

/** @param name the operation to run; left out: the document's only one */
export function operationNames(
  schema: GraphQLSchema,
  document: DocumentNode | undefined,
  name: string | undefined,
): OperationNames {
  const operations = (document?.definitions ?? []).filter((part) => part.kind === Kind.OPERATION_DEFINITION)
  const [operation, other] = operations.filter((candidate) => !name || candidate.name?.value === name)
  if (!document || !operation || other) return { operation: null, fields: [] }
  return {
    operation: operation.name?.value.slice(0, MAX_NAME_LENGTH) ?? null,
    fields: rootFields(schema, document, operation),
  }
}

function rootFields(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode): string[] {
  const known = schema.getRootType(operation.operation)?.getFields() ?? {}
  const names = new Set<string>()
  // A Set, so that each fragment is read once, and one that spreads itself ends.
  const sets = new Set<SelectionSetNode>([operation.selectionSet])
  for (const set of sets) {
    for (const selection of set.selections) {
      if (selection.kind === Kind.INLINE_FRAGMENT) sets.add(selection.selectionSet)
      if (selection.kind === Kind.FRAGMENT_SPREAD) addFragment(sets, document, selection.name.value)
      if (selection.kind === Kind.FIELD) names.add(selection.name.value)
    }
  }
  return [...names].filter((name) => Object.hasOwn(known, name) || META_FIELDS.has(name)).slice(0, MAX_FIELDS)
}

function addFragment(sets: Set<SelectionSetNode>, document: DocumentNode, name: string): void {
  for (const part of document.definitions) {
    if (part.kind === Kind.FRAGMENT_DEFINITION && part.name.value === name) sets.add(part.selectionSet)
  }
}
