import { type DocumentNode, Kind, visit } from 'graphql'

/** Bounds the work for one log line: a body of 64 KB can hold tens of thousands of texts. */
const MAX_TEXTS = 2_000

/** The text values of a request: strings in variables (MAX_TEXTS at most) and string literals of the document. */
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
