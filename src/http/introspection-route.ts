import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { HttpConfig } from '../config.ts'
import { JSON_TYPE } from '../graphql/media-types.ts'
import type { RequestInfo } from '../graphql/request-info.ts'
import { isEncoded } from './bodies.ts'
import { INTROSPECTION_PATH, sendError } from './http-errors.ts'
import { createRequestInfo } from './request-info.ts'

interface IntrospectionRoute {
  http: HttpConfig
  /**
   * What answers the caller of a request, or why they may not ask.
   * @throws ServiceUnavailableError
   */
  openIntrospection(request: RequestInfo): Promise<Introspect | 'invalid_client' | 'insufficient_scope'>
}

type Introspect = (token: string) => Promise<object>

/**
 * Token introspection (RFC 7662). Forms are read here alone, in a scope of their own: a page can post one anywhere
 * without a preflight. Pages have no business here, so that OPTIONS is refused as well.
 */
export async function addIntrospectionRoute(app: FastifyInstance, options: IntrospectionRoute): Promise<void> {
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    // Its characters are UTF-8 whatever a charset says (URL standard, section 5.1).
    scope.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
      done(null, new URLSearchParams(String(body))),
    )
    // Read all the same, so that BODY_LIMIT holds for it.
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, _body, done) => done(null, undefined))
    scope.post(INTROSPECTION_PATH, (request, reply) => answer(request, reply, options))
    scope.route({
      method: scope.supportedMethods.filter((method) => method !== 'POST'),
      url: INTROSPECTION_PATH,
      handler: async (_request, reply) => sendError(reply.header('allow', 'POST'), 405),
    })
  })
}

/** Strangers are told nothing about their request but that they are strangers. */
async function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  { http, openIntrospection }: IntrospectionRoute,
): Promise<FastifyReply> {
  const introspect = await openIntrospection(createRequestInfo(request, reply, http))
  if (introspect === 'invalid_client') return sendError(reply.header('www-authenticate', 'Bearer'), 401)
  if (introspect === 'insufficient_scope') return sendError(reply, 403)
  if (!(request.body instanceof URLSearchParams) || isEncoded(request)) return sendError(reply, 415)
  const [token, ...others] = request.body.getAll('token')
  if (token === undefined || others.length > 0) return sendError(reply, 400)
  return reply.type(JSON_TYPE).send(JSON.stringify(await introspect(token)))
}
