import type { Server } from 'node:http'
import type { ApolloServerPlugin } from '@apollo/server'
import type { GraphQLSchema } from 'graphql'
import type { Logger } from 'pino'
import type { HttpConfig } from '../config.ts'
import { createApollo } from '../graphql/apollo.ts'
import { ErrorFormatter } from '../graphql/format-error.ts'
import { JSON_TYPE } from '../graphql/media-types.ts'
import type { RequestInfo } from '../graphql/request-info.ts'
import { TrustedDocuments } from '../graphql/trusted-documents.ts'
import type { Tracing } from '../tracing.ts'
import { acceptJsonOnly } from './bodies.ts'
import { Drain } from './drain.ts'
import { addForwardedHeaders } from './forwarded-headers.ts'
import { addGraphQLRoute } from './graphql-route.ts'
import { addHealthRoutes, type RedisState } from './health.ts'
import { addHeaderHooks, addRefusalHooks } from './hooks.ts'
import { addBrowserSupport, createHttpApp } from './http-app.ts'
import { GRAPHQL_PATH } from './http-errors.ts'
import { addIntrospectionRoute } from './introspection-route.ts'
import { startMetricsServer, urlOf } from './metrics-server.ts'
import { RequestLog } from './request-log.ts'
import { addRequestSpans } from './request-spans.ts'
import { addSecurityHeaders } from './security-headers.ts'
import { addWebApp, WEB_APP_FOLDER } from './web-app.ts'

/** What Apollo's plugins know a request by. */
interface RequestContext {
  readonly request: RequestInfo
}

export interface ServerOptions<TContext extends RequestContext> {
  http: HttpConfig
  schema: GraphQLSchema
  log: Logger
  /** Must not throw for bad credentials: they are the error of each field that needs a viewer. */
  createContext(request: RequestInfo): TContext
  /** The JSON Web Key Set with the public keys (RFC 7517). */
  jwks(): Promise<object>
  /** What answers the caller of an introspection, or why they may not ask. @throws ServiceUnavailableError */
  openIntrospection: Parameters<typeof addIntrospectionRoute>[1]['openIntrospection']
  checkDatabase(): Promise<boolean>
  checkRedis(): Promise<RedisState>
  /** The limit of requests per client. @param address in full @throws RateLimitedError */
  consumeRequest(address: string): Promise<void>
  /** Prometheus text, served at /metrics on a port of its own where http.metricsPort is set. */
  metrics?: () => Promise<string>
  /** Called for each answer to an operation with the code of its first error, or OK, and with what ran. */
  onOperation?: (code: string, ran?: { name: string | null; seconds: number }) => void
  tracing?: Tracing | undefined
  /** LOG_REQUESTS. Left out: false. */
  logRequests?: boolean
  /** What a web app was built to, which is served under /app. Left out: that of examples/web, where it was built. */
  webAppFolder?: string
  /** Run after the service's own. */
  plugins?: readonly ApolloServerPlugin<TContext>[]
  /** Shorter ones for tests. */
  deadlines?: Partial<typeof DEADLINES>
}

export interface RunningServer {
  /** `http://host:port` of the listener, without a path. */
  url: string
  metricsUrl?: string
  /**
   * Readiness answers 503 while requests are served as ever, for DRAIN_SECONDS. Each answer closes its connection, so
   * that few are left which would be closed without one. Follow it by `close`.
   */
  leave(): Promise<void>
  /** Answers 503 to new requests and waits for running ones (10 s at most). The port stays open. Idempotent. */
  drain(): Promise<void>
  /** Drains, then closes the port and every connection. Idempotent. */
  close(): Promise<void>
}

const DEADLINES = { headersMs: 10_000, requestMs: 15_000, drainMs: 10_000 }

/** What was under way when the stop began is served too, without DRAIN_SECONDS: it was sent to a service that was ready. */
const UNDER_WAY_MS = 50

/** @throws NodeJS.ErrnoException where a port is taken or an address cannot be bound; nothing is left listening then */
export async function startServer<TContext extends RequestContext>(
  options: ServerOptions<TContext>,
): Promise<RunningServer> {
  const drain = new Drain(options.deadlines?.drainMs ?? DEADLINES.drainMs)
  const formatter = new ErrorFormatter(options.log)
  const requestLog = options.logRequests ? new RequestLog(options.log) : undefined
  const { trustedDocuments } = options.http
  const trusted = trustedDocuments && new TrustedDocuments(trustedDocuments)
  const apollo = createApollo<TContext>({
    ...options,
    introspection: options.http.introspection,
    formatter,
    textOf: trusted && (({ request }, sent) => trusted.textOf(request, sent)),
    onOperation(operation, context, seconds) {
      const ran = seconds === null ? undefined : { name: operation.operation, seconds }
      options.onOperation?.(operation.code ?? 'OK', ran)
      options.tracing?.nameOperation(operation.operation)
      requestLog?.answered(context.request, operation)
    },
  })
  await apollo.start()
  const app = await buildApp(options, drain)
  requestLog?.addTo(app)
  addGraphQLRoute(app, {
    ...options,
    ...{ apollo, drain, formatter, requestLog, trusted },
    onDocumentRefused: (code) => options.onOperation?.(code),
  })

  let metricsServer: Server | undefined
  const stop = async () => {
    await Promise.all([app.close(), closeServer(metricsServer)])
    await apollo.stop()
  }
  try {
    await app.listen({ host: options.http.host, port: options.http.port })
    metricsServer = await listenForMetrics(options)
  } catch (error) {
    await stop()
    throw error
  }

  let closed: Promise<void> | undefined
  return {
    url: urlOf(app.server),
    metricsUrl: metricsServer && urlOf(metricsServer),
    leave: () => drain.leave(Math.max(options.http.drainSeconds * 1000, UNDER_WAY_MS)),
    drain: () => drain.start(),
    close: () => {
      closed ??= drain.start().then(stop)
      return closed
    },
  }
}

/** Everything but GraphQL. Requests are refused in the order of the hooks. */
async function buildApp<TContext extends RequestContext>(options: ServerOptions<TContext>, drain: Drain) {
  const { http, log, jwks, consumeRequest } = options
  const app = createHttpApp(http, log, { ...DEADLINES, ...options.deadlines })
  if (options.tracing) addRequestSpans(app, options.tracing)
  await addSecurityHeaders(app, http.production)
  addForwardedHeaders(app, http.trustedProxies)
  addHeaderHooks(app, drain)
  await addBrowserSupport(app, http.corsOrigins)
  addRefusalHooks(app, drain, consumeRequest)
  acceptJsonOnly(app)
  addHealthRoutes(app, { ...options, isLeaving: () => drain.isLeaving })
  addWebApp(app, options.webAppFolder ?? WEB_APP_FOLDER)
  if (http.explorer && !http.production) app.get('/', async (_request, reply) => reply.redirect(GRAPHQL_PATH))
  app.get('/.well-known/jwks.json', async (_request, reply) => {
    const keys = JSON.stringify(await jwks())
    return reply.header('cache-control', 'public, max-age=300').type(JSON_TYPE).send(keys)
  })
  await addIntrospectionRoute(app, options)
  return app
}

async function listenForMetrics({ http, metrics }: Pick<ServerOptions<RequestContext>, 'http' | 'metrics'>) {
  if (http.metricsPort === undefined || metrics === undefined) return undefined
  return startMetricsServer(http.host, http.metricsPort, metrics)
}

async function closeServer(server: Server | undefined): Promise<void> {
  if (!server) return
  const { promise, resolve } = Promise.withResolvers<void>()
  server.close(() => resolve())
  server.closeAllConnections()
  await promise
}
