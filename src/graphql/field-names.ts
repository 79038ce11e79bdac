import { type DocumentNode, visit } from 'graphql'

const known = new WeakMap<DocumentNode, ReadonlySet<string>>()

/** The names, not the aliases, of all fields in a document, its fragments included. */
export function fieldNames(document: DocumentNode): ReadonlySet<string> {
  const found = known.get(document)
  if (found) return found
  const names = new Set<string>()
  visit(document, { Field: ({ name }) => void names.add(name.value) })
  known.set(document, names)
  return names
}
