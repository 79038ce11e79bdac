import { Readable } from 'node:stream'
import { type ApolloServer, type BaseContext, HeaderMap } from '@apollo/server'
import type { FastifyReply, FastifyRequest } from 'fastify'

type ApolloHandler = (request: FastifyRequest, reply: FastifyReply) => Promise<string | Readable>

/**
 * Apollo Server as a handler of Fastify. The context is made after Apollo's CSRF check and before anything runs.
 * Apollo's integration for Fastify is not used: it makes a URL object of each request for the part behind the `?`.
 */
export function apolloHandler<TContext extends BaseContext>(
  apollo: ApolloServer<TContext>,
  createContext: (request: FastifyRequest, reply: FastifyReply) => Promise<TContext>,
): ApolloHandler {
  return async (request, reply) => {
    const { method, url, body: sent } = request
    const { headers, body, status } = await apollo.executeHTTPGraphQLRequest({
      httpGraphQLRequest: { method, headers: headersOf(request), search: searchOf(url), body: sent },
      context: () => createContext(request, reply),
    })
    for (const [name, value] of headers) reply.header(name, value)
    reply.code(status ?? 200)
    return body.kind === 'complete' ? body.string : Readable.from(body.asyncIterator)
  }
}

/** Without empty ones, and in one text where there are several of a name. */
function headersOf(request: FastifyRequest): HeaderMap {
  const headers = new HeaderMap()
  for (const [name, value] of Object.entries(request.headers)) {
    if (value) headers.set(name, Array.isArray(value) ? value.join(', ') : value)
  }
  return headers
}

function searchOf(url: string): string {
  return /\?[^#]*/.exec(url)?.[0] ?? ''
}
