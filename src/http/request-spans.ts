import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { RequestSpan, Tracing } from '../tracing.ts'

/**
 * A span for each request but health checks, which come by the second. Add these hooks before all others: those run
 * within the span, and so does the handler, since Fastify keeps what is active while it reads a body.
 */
export function addRequestSpans(app: FastifyInstance, tracing: Tracing): void {
  const spans = new WeakMap<FastifyRequest, RequestSpan>()
  app.addHook('onRequest', (request, _reply, done) => {
    if (request.url.startsWith('/health/')) return done()
    const span = tracing.beginRequest(request.method, request.headers, request.id)
    spans.set(request, span)
    span.run(done)
  })
  app.addHook('onResponse', (request, reply, done) => {
    spans.get(request)?.end(reply.statusCode, request.routeOptions.url)
    done()
  })
}
