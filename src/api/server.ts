import type { GraphQLSchema } from 'graphql'
import type { Logger } from 'pino'
import type { HttpConfig } from '../config.ts'
import type { RequestInfo } from './request-info.ts'

export interface ServerOptions<TContext extends object> {
  http: HttpConfig
  schema: GraphQLSchema
  log: Logger
  /** Never throws for bad credentials: the viewer's fault is the error of each field that needs one. */
  createContext(request: RequestInfo): Promise<TContext>
  /** The JSON Web Key Set with the public keys (RFC 7517). */
  jwks(): Promise<object>
  checkDatabase(): Promise<boolean>
  /** `off`: there is no Redis. */
  checkRedis(): Promise<RedisState>
  /** The coarse limit. @throws RateLimitedError @param address the client's, in full, not keyed */
  consumeRequest(address: string): Promise<void>
  /** Prometheus text, served at /metrics on a port of its own where http.metricsPort is set. */
  metrics?: () => Promise<string>
}

export type RedisState = 'ok' | 'down' | 'off'

export interface RunningServer {
  /** `http://host:port` of the listener, without a path. */
  url: string
  metricsUrl?: string
  /** Answers 503 to what is new, waits for what runs (10 s at most). The port stays open. Idempotent. */
  drain(): Promise<void>
  /** Drains, then closes the port and every connection. */
  close(): Promise<void>
}

export async function startServer<TContext extends object>(_options: ServerOptions<TContext>): Promise<RunningServer> {
  throw new Error('The HTTP server is not there yet.')
}
