import type { FastifyInstance, FastifyRequest } from 'fastify'
import { RateLimitedError } from '../errors.ts'
import { clientAddress } from './client-address.ts'
import type { Drain } from './drain.ts'
import { GRAPHQL_PATH, isGraphQLRoute, sendError, sendRateLimited, sendUnavailable } from './http-errors.ts'
import { countHeader } from './raw-headers.ts'
import { REQUEST_ID_HEADER } from './request-id.ts'
import type { HeaderTable } from './security-headers.ts'

const LIVENESS_PATH = '/health/live'
const READINESS_PATH = '/health/ready'

/** First of all hooks: what every answer carries, refusals of later hooks included. */
export function addHeaderHooks(app: FastifyInstance, securityHeaders: HeaderTable, drain: Drain): void {
  const hasUsableHost = createHostCheck()

  app.addHook('onRequest', async (request, reply) => {
    // Whoever reads the header further down finds the id that counts.
    request.headers[REQUEST_ID_HEADER] = request.id
    reply.headers(securityHeaders)
    reply.header(REQUEST_ID_HEADER, request.id).header('cache-control', 'no-store')
    if (!hasUsableHost(request)) return sendError(reply, 400)
  })

  app.addHook('onSend', async (_request, reply) => {
    // Apollo has an opinion of its own for one of its errors.
    if (isGraphQLRoute(reply)) reply.header('cache-control', 'no-store')
    if (drain.isDraining) reply.header('connection', 'close')
  })
}

/** After CORS, so that pages can read why they were refused. */
export function addRefusalHooks(
  app: FastifyInstance,
  drain: Drain,
  consumeRequest: (address: string) => Promise<void>,
): void {
  app.addHook('onRequest', async (request, reply) => {
    const path = pathOf(request)
    if (drain.isDraining && !isHealthCheck(path)) return sendUnavailable(reply)
    if (path.startsWith('/health/')) return
    try {
      await consumeRequest(clientAddress(request))
    } catch (error) {
      if (error instanceof RateLimitedError) return sendRateLimited(reply, error)
      throw error
    }
  })

  app.addHook('onRequest', async (request, reply) => {
    // CORS has a route for OPTIONS everywhere, and has written the grant, if any, already.
    if (request.method === 'OPTIONS')
      return isKnown(app, pathOf(request)) ? reply.code(204).send() : sendError(reply, 404)
    // Before the body is read: a broken one on an unknown path is still an unknown path.
    if (request.is404) return sendError(reply, 404)
  })

  app.addHook('preHandler', async (request, reply) => {
    // The body of this one was still on its way when the stop came.
    if (drain.isDraining && !isHealthCheck(pathOf(request))) return sendUnavailable(reply)
    reply.raw.once('close', drain.enter())
  })
}

/**
 * With no host, or two, nobody knows which one was meant (RFC 9112, 3.2); nor with one that makes no URL. To find that
 * out takes longer than all other hooks, and most requests have the host and the path of the one before.
 */
function createHostCheck(): (request: FastifyRequest) => boolean {
  let lastGood = ''
  return ({ raw, protocol, hostname, url }) => {
    if (hostname === '' || countHeader(raw, 'host') > 1) return false
    const base = `${protocol}://${hostname}/`
    const both = `${base} ${url}`
    if (both === lastGood) return true
    if (!URL.canParse(url, base)) return false
    lastGood = both
    return true
  }
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
