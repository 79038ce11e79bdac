import cookie from '@fastify/cookie'
import cors from '@fastify/cors'
import { type FastifyInstance, fastify } from 'fastify'
import type { Logger } from 'pino'
import type { HttpConfig } from '../config.ts'
import { knownError } from '../graphql/format-error.ts'
import { REQUEST_ID_HEADER } from '../graphql/request-info.ts'
import { describeFault } from '../logging/describe-fault.ts'
import { BrokenHttp } from './client-error.ts'
import { isGraphQLRoute, sendBadRequest, sendError, sendUnavailable } from './http-errors.ts'
import { requestIdOf } from './request-id.ts'
import { securityHeaders } from './security-headers.ts'

interface Deadlines {
  /** Until the headers have arrived. */
  headersMs: number
  /** Until the whole request has arrived. */
  requestMs: number
}

const PREFLIGHT_SECONDS = 600
const KEEP_ALIVE_MS = 65_000
/** Without traffic on a connection; bounds a client that does not read its answer too. */
const SILENCE_MS = 70_000

/** Fastify with answers to broken HTTP, unknown paths and faults. Hooks and routes come later. */
export function createHttpApp(http: HttpConfig, log: Logger, deadlines: Deadlines): FastifyInstance {
  const headers = securityHeaders(http.production)
  const brokenHttp = new BrokenHttp(headers)
  const app: FastifyInstance = fastify({
    // Fastify's log lines quote paths and error messages.
    logger: false,
    genReqId: requestIdOf,
    requestIdHeader: false,
    trustProxy: http.trustedProxies.length > 0 ? [...http.trustedProxies] : false,
    bodyLimit: http.bodyLimitBytes,
    requestTimeout: deadlines.requestMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionTimeout: SILENCE_MS,
    forceCloseConnections: true,
    clientErrorHandler: brokenHttp.answer,
    frameworkErrors: (_error, request, reply) => {
      // Hooks do not run for these.
      reply.headers(headers).header(REQUEST_ID_HEADER, request.id).header('cache-control', 'no-store')
      sendError(reply, 400)
    },
    http: {
      headersTimeout: deadlines.headersMs,
      connectionsCheckingInterval: Math.min(1_000, deadlines.headersMs),
      // Node answers a missing Host and an odd Expect without our headers. Let both in: onRequest refuses the first,
      // the second is ignored.
      requireHostHeader: false,
    },
  })
  brokenHttp.addTo(app)
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response))
  app.setErrorHandler(createErrorHandler(log))
  app.setNotFoundHandler((_request, reply) => sendError(reply, 404))
  return app
}

export async function addBrowserSupport(app: FastifyInstance, corsOrigins: readonly string[]): Promise<void> {
  const allowed = new Set(corsOrigins)
  await app.register(cookie)
  await app.register(cors, {
    origin: (origin, done) => done(null, origin !== undefined && allowed.has(origin)),
    methods: ['GET', 'POST'],
    // Without allowedHeaders those that the preflight asks for are allowed: tracing and client libraries add their own.
    exposedHeaders: [REQUEST_ID_HEADER, 'retry-after', 'date'],
    credentials: true,
    maxAge: PREFLIGHT_SECONDS,
    // The refusal hooks see preflights too: they are 404 on an unknown path.
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
