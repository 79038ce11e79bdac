import { type DocumentNode, Kind, visit } from 'graphql'

/** A request is 64 KB; nobody reads more than this of it back. */
const MAX_TEXTS = 2_000

/** Every text that a request carries as a value: in variables, and as literals of the document. */
export function textsOf(variables: unknown, document: DocumentNode | undefined): string[] {
  const texts: string[] = []
  const pending: unknown[] = [variables]
  while (pending.length > 0 && texts.length < MAX_TEXTS) {
    const value = pending.pop()
    if (typeof value === 'string') texts.push(value)
    if (typeof value === 'object' && value !== null) pending.push(...Object.values(value))
  }
  if (document) visit(document, { [Kind.STRING]: (node) => void texts.push(node.value) })
  return texts
}
