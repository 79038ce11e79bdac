import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isExecutableDefinitionNode, Kind, parse } from 'graphql'
import { MAX_TOKENS } from './limits.ts'

/** Documents that an operator trusts. */
export interface DocumentFile {
  /** Texts by their identifiers. */
  texts: Record<string, string>
  /** The names of their operations, each once. */
  operationNames: string[]
}

/** The identifiers of GraphQL over HTTP, appendix A; other prefixes are reserved there. */
const IDENTIFIER = /^(sha256:[0-9a-f]{64}|x-[\w.~-]+:[\w.~-]+|[\w.~-]+)$/
const SHA256 = 'sha256:'

/** A fault of the file, without its content. */
class DocumentFileError extends Error {}

/**
 * Reads a file as graphql-codegen's client preset writes it, persisted-documents.json: an object with texts by their
 * identifiers. Each text has the identifier `sha256:` with its hash too.
 *
 * @throws Error whose message is a rule that the file breaks
 */
export function readDocumentFile(path: string): DocumentFile {
  const texts: [id: string, text: string][] = []
  const operationNames = new Set<string>()
  for (const [index, [id, text]] of entriesOf(path).entries()) {
    const fault = faultOf(id, text)
    if (fault) throw new DocumentFileError(`has a file whose document number ${index + 1} ${fault}`)
    texts.push([id, text as string], [hashOf(text as string), text as string])
    for (const name of namesOf(text as string)) operationNames.add(name)
  }
  return { texts: Object.fromEntries(texts), operationNames: [...operationNames] }
}

function entriesOf(path: string): [id: string, text: unknown][] {
  const content = read(path)
  if (typeof content === 'object' && content !== null && !Array.isArray(content)) {
    const entries = Object.entries(content)
    if (entries.length > 0) return entries
  }
  throw new DocumentFileError('must be the path of a JSON file with an object of GraphQL documents by identifier')
}

function read(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    throw new DocumentFileError('must be the path of a readable JSON file')
  }
}

function faultOf(id: string, text: unknown): string | null {
  if (!IDENTIFIER.test(id)) return 'has an identifier that GraphQL over HTTP does not allow'
  if (typeof text !== 'string') return 'is no text'
  if (id.startsWith(SHA256) && id !== hashOf(text)) return 'is another than its sha256 says'
  try {
    const { definitions } = parse(text, { maxTokens: MAX_TOKENS, noLocation: true })
    return definitions.every(isExecutableDefinitionNode) ? null : 'has more than operations and fragments'
  } catch {
    return `is no GraphQL, or has more than ${MAX_TOKENS} tokens`
  }
}

function hashOf(text: string): string {
  return SHA256 + createHash('sha256').update(text).digest('hex')
}

function namesOf(text: string): string[] {
  const { definitions } = parse(text, { noLocation: true })
  return definitions.flatMap((part) => (part.kind === Kind.OPERATION_DEFINITION && part.name?.value) || [])
}
