import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { RequestSpan, Tracing } from '../tracing.ts'

/**
 * A span for each request but health checks, which come by the second. Add these hooks before all others. Reading a
 * body loses what is active, so it is entered again before the handler and before the answer leaves.
 */
export function addRequestSpans(app: FastifyInstance, tracing: Tracing): void {
  const spans = new WeakMap<FastifyRequest, RequestSpan>()
  const enter = (request: FastifyRequest, done: () => void) => {
    const span = spans.get(request)
    if (span) span.run(done)
    else done()
  }
  app.addHook('onRequest', (request, _reply, done) => {
    if (!request.url.startsWith('/health/'))
      spans.set(request, tracing.beginRequest(request.method, request.headers, request.id))
    enter(request, done)
  })
  app.addHook('preValidation', (request, _reply, done) => enter(request, done))
  app.addHook('onSend', (request, _reply, payload, done) => enter(request, () => done(null, payload)))
  app.addHook('onResponse', (request, reply, done) => {
    spans.get(request)?.end(reply.statusCode, request.routeOptions.url)
    done()
  })
}
