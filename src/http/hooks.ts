import type { FastifyInstance, FastifyRequest } from 'fastify'
import { RateLimitedError } from '../errors.ts'
import { REQUEST_ID_HEADER } from '../graphql/request-info.ts'
import { clientAddress } from './client-address.ts'
import type { Drain } from './drain.ts'
import { GRAPHQL_PATH, isGraphQLRoute, sendError, sendRateLimited, sendUnavailable } from './http-errors.ts'

const HEALTH_PATHS = '/health/'
const LIVENESS_PATH = '/health/live'
const READINESS_PATH = '/health/ready'

/** Headers of every answer. Add these hooks before any that refuses. */
export function addHeaderHooks(app: FastifyInstance, drain: Drain): void {
  app.addHook('onRequest', async (request, reply) => {
    // Apollo's plugin reads the id from the request's header.
    request.headers[REQUEST_ID_HEADER] = request.id
    reply.header(REQUEST_ID_HEADER, request.id).header('cache-control', 'no-store')
    if (!hasUsableHost(request)) return sendError(reply, 400)
  })

  app.addHook('onSend', async (_request, reply) => {
    // Apollo sets its own cache-control on PERSISTED_QUERY_NOT_SUPPORTED.
    if (isGraphQLRoute(reply)) reply.header('cache-control', 'no-store')
    if (drain.isLeaving) reply.header('connection', 'close')
  })
}

/** Refusals before a body is read. Add these hooks after CORS, so that pages can read why they were refused. */
export function addRefusalHooks(
  app: FastifyInstance,
  drain: Drain,
  consumeRequest: (address: string) => Promise<void>,
): void {
  app.addHook('onRequest', async (request, reply) => {
    const path = pathOf(request)
    if (drain.isDraining && !isHealthCheck(path)) return sendUnavailable(reply)
    if (path.startsWith(HEALTH_PATHS) || isPreflight(request)) return
    try {
      await consumeRequest(clientAddress(request))
    } catch (error) {
      if (error instanceof RateLimitedError) return sendRateLimited(reply, error)
      throw error
    }
  })

  app.addHook('onRequest', async (request, reply) => {
    // CORS has a route for OPTIONS, `*`, on every path that has none, and has written its headers already.
    if (request.method === 'OPTIONS' && request.routeOptions.url === '*')
      return isKnown(app, pathOf(request)) ? reply.code(204).send() : sendError(reply, 404)
    // Before the body is read: an unknown path is 404, also with a broken body.
    if (request.is404) return sendError(reply, 404)
  })

  app.addHook('preHandler', async (request, reply) => {
    // The stop may have begun while the body arrived.
    if (drain.isDraining && !isHealthCheck(pathOf(request))) return sendUnavailable(reply)
    reply.raw.once('close', drain.enter())
  })
}

/** A CORS-preflight request of the Fetch standard. A page cannot read why its preflight was refused, so none is counted. */
function isPreflight({ method, headers }: FastifyRequest): boolean {
  return method === 'OPTIONS' && headers.origin !== undefined && 'access-control-request-method' in headers
}

/**
 * RFC 9112, section 3.2: exactly one Host. Apollo's integration for Fastify needs one that makes a URL; health checks,
 * which load balancers send in HTTP/1.0, need none.
 */
function hasUsableHost(request: FastifyRequest): boolean {
  const { raw, protocol, hostname, url } = request
  if ((raw.headersDistinct.host?.length ?? 0) > 1) return false
  if (pathOf(request).startsWith(HEALTH_PATHS)) return true
  if (hostname === '') return false
  return URL.canParse(url, `${protocol}://${hostname}/`)
}

function isHealthCheck(path: string): boolean {
  return path === LIVENESS_PATH || path === READINESS_PATH
}

function isKnown(app: FastifyInstance, path: string): boolean {
  return path === GRAPHQL_PATH || app.hasRoute({ method: 'GET', url: path })
}

function pathOf(request: FastifyRequest): string {
  return request.url.replace(/\?.*$/s, '')
}
