import cookie from '@fastify/cookie'
import cors from '@fastify/cors'
import { type FastifyInstance, fastify } from 'fastify'
import type { Logger } from 'pino'
import type { HttpConfig } from '../config.ts'
import { knownError } from '../graphql/format-error.ts'
import { describeFault } from '../logging/describe-fault.ts'
import { createClientErrorHandler, refuseTunnels } from './client-error.ts'
import { isGraphQLRoute, sendBadRequest, sendError, sendUnavailable } from './http-errors.ts'
import { REQUEST_ID_HEADER, requestIdOf } from './request-id.ts'
import type { HeaderTable } from './security-headers.ts'

interface Deadlines {
  /** Until the headers have arrived, and until the whole request has. */
  headersMs: number
  requestMs: number
}

const ALLOWED_HEADERS = [
  'authorization',
  'content-type',
  'x-csrf-token',
  'apollo-require-preflight',
  'x-apollo-operation-name',
  'x-request-id',
]

const PREFLIGHT_SECONDS = 600
const KEEP_ALIVE_MS = 65_000
/** Silence on a connection, also of a client that does not read its answer. */
const SILENCE_MS = 70_000

/** Fastify with nothing but the answers to what is broken; routes and hooks come later. */
export function createHttpApp(http: HttpConfig, log: Logger, securityHeaders: HeaderTable, deadlines: Deadlines) {
  const app: FastifyInstance = fastify({
    // Its lines would quote paths and errors; ours are written where it is known what they may say.
    logger: false,
    genReqId: requestIdOf,
    requestIdHeader: false,
    trustProxy: http.trustedProxies.length > 0 ? [...http.trustedProxies] : false,
    bodyLimit: http.bodyLimitBytes,
    requestTimeout: deadlines.requestMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionTimeout: SILENCE_MS,
    forceCloseConnections: true,
    schemaController: { compilersFactory: { buildValidator: refuseJsonSchema, buildSerializer: refuseJsonSchema } },
    clientErrorHandler: createClientErrorHandler(securityHeaders),
    frameworkErrors: (_error, request, reply) => {
      // No hook runs for these.
      reply.headers(securityHeaders).header(REQUEST_ID_HEADER, request.id).header('cache-control', 'no-store')
      sendError(reply, 400)
    },
    http: {
      headersTimeout: deadlines.headersMs,
      connectionsCheckingInterval: Math.min(1_000, deadlines.headersMs),
      // Node would answer these two bare; the hooks refuse the first, and nobody minds the second.
      requireHostHeader: false,
    },
  })
  refuseTunnels(app.server, securityHeaders)
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response))
  app.setErrorHandler(createErrorHandler(log))
  app.setNotFoundHandler((_request, reply) => sendError(reply, 404))
  return app
}

/** GraphQL checks what is asked and shapes what is answered, so what compiles JSON Schemas (2 MB) need not be loaded. */
function refuseJsonSchema(): never {
  throw new Error('A route has a JSON Schema: leave the compilers in `schemaController` to Fastify.')
}

export async function addBrowserSupport(app: FastifyInstance, corsOrigins: readonly string[]): Promise<void> {
  const allowed = new Set(corsOrigins)
  await app.register(cookie)
  await app.register(cors, {
    origin: (origin, done) => done(null, origin !== undefined && allowed.has(origin)),
    methods: ['GET', 'POST'],
    allowedHeaders: ALLOWED_HEADERS,
    exposedHeaders: [REQUEST_ID_HEADER, 'retry-after'],
    credentials: true,
    maxAge: PREFLIGHT_SECONDS,
    // A preflight is a request like others: it counts, and on an unknown path it is 404.
    preflightContinue: true,
    strictPreflight: false,
  })
}

function createErrorHandler(log: Logger): Parameters<FastifyInstance['setErrorHandler']>[0] {
  return (error, request, reply) => {
    const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500
    if (status >= 400 && status < 500) {
      return isGraphQLRoute(reply) ? sendBadRequest(reply, status) : sendError(reply, status)
    }
    if (knownError(error)) return sendUnavailable(reply)
    log.error({ requestId: request.id, fault: describeFault(error) }, 'Internal server error')
    return sendError(reply, 500)
  }
}
