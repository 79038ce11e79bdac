import {
  type DocumentNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  type ValidationRule,
  visit,
} from 'graphql'
import { QueryTooComplexError } from '../errors.ts'
import { createSizer, type SelectionSize } from './document-size.ts'

export const MAX_TOKENS = 1_000
const MAX_DEPTH = 10
const MAX_ROOT_FIELDS = 30
const MAX_ALIASES = 30
const MAX_WRITTEN_FIELDS = 300

/** For introspection, which has no cost: fields after fragments are expanded, in any operation of the document. */
const MAX_EXPANDED_FIELDS = 10_000

/** graphql adds one, "too many errors": 5 faults are answered at most. */
export const MAX_ERRORS = 4

/**
 * Refuses documents that are too large, whatever operation of them runs.
 *
 * The rule speaks when the document is entered and reports so many errors that graphql stops validating there: its
 * own rules compare fields in pairs, which for a few hundred equal ones takes longer than all the rest. Only the
 * first of the errors is answered (`keepFirstRefusal`).
 */
export const limitsRule: ValidationRule = (context) => ({
  Document(document) {
    const refusal = refusalOf(document)
    if (refusal === null) return
    const originalError = new QueryTooComplexError(refusal)
    for (let count = 0; count <= MAX_ERRORS; count += 1) {
      context.reportError(new GraphQLError(originalError.message, { originalError }))
    }
  },
})

function refusalOf(document: DocumentNode): string | null {
  if (countWrittenFields(document) > MAX_WRITTEN_FIELDS) return `More than ${MAX_WRITTEN_FIELDS} fields.`
  const measure = createSizer(document)
  for (const definition of document.definitions) {
    const refusal = isOperation(definition) ? refusalOfSize(measure(definition.selectionSet)) : null
    if (refusal !== null) return refusal
  }
  return null
}

function refusalOfSize({ depth, roots, aliases, fields }: SelectionSize): string | null {
  if (depth > MAX_DEPTH) return `More than ${MAX_DEPTH} levels of fields.`
  if (roots > MAX_ROOT_FIELDS) return `More than ${MAX_ROOT_FIELDS} root fields.`
  if (aliases > MAX_ALIASES) return `More than ${MAX_ALIASES} aliases.`
  if (fields > MAX_EXPANDED_FIELDS) return `More than ${MAX_EXPANDED_FIELDS} fields once fragments are expanded.`
  return null
}

function countWrittenFields(document: DocumentNode): number {
  let count = 0
  visit(document, {
    Field() {
      count += 1
    },
  })
  return count
}

function isOperation(definition: DocumentNode['definitions'][number]): definition is OperationDefinitionNode {
  return definition.kind === Kind.OPERATION_DEFINITION
}
