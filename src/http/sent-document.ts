import type { FastifyRequest } from 'fastify'
import type { RequestInfo } from '../graphql/request-info.ts'
import type { TrustedDocuments } from '../graphql/trusted-documents.ts'
import { refusal } from './refusal.ts'

/** What stands in a request in place of a document, and the document; undefined where it is left out. */
interface SentDocument {
  documentId: unknown
  query: unknown
}

/**
 * Finds the trusted document that a request names, for Apollo's plugin to run it.
 * @throws DocumentRefusedError, GraphQLError of a request that is none
 */
export function chooseDocument(request: FastifyRequest, info: RequestInfo, trusted: TrustedDocuments): void {
  const { documentId, query } = sentDocument(request)
  if (documentId === undefined) {
    if (query !== undefined) trusted.refuseText()
    return
  }
  if (typeof documentId !== 'string' || documentId === '') throw refusal(400, 'documentId must be a text.')
  if (query !== undefined) throw refusal(400, 'Send either a query or a documentId.')
  trusted.choose(info, documentId)
}

/** Reads a request as Apollo does: the body of a POST, the parameters of a GET. Left out is null and an empty text too. */
function sentDocument(request: FastifyRequest): SentDocument {
  const { documentId, query } = request.method === 'GET' ? parametersOf(request) : bodyOf(request)
  return { documentId: documentId ?? undefined, query: query === '' || query === null ? undefined : query }
}

function bodyOf({ body }: FastifyRequest): Partial<SentDocument> {
  return typeof body === 'object' && body !== null && !Array.isArray(body) ? body : {}
}

/** Apollo refuses a parameter that is given twice; of documentId an array is left, which is no text. */
function parametersOf({ url }: FastifyRequest): Partial<SentDocument> {
  const parameters = new URLSearchParams(/\?(.*)$/s.exec(url)?.[1])
  const [query] = parameters.getAll('query')
  const ids = parameters.getAll('documentId')
  return { query, documentId: ids.length > 1 ? ids : ids[0] }
}
