import type { ApolloServerPlugin } from '@apollo/server'
import type { Logger } from 'pino'
import type { Config } from './config.ts'
import { AppContext } from './context.ts'
import { watchClock } from './database/clock-watch.ts'
import { isDatabaseUp, prepareDatabase, type Start, startWhenAvailable } from './database/prepare.ts'
import { ServiceUnavailableError } from './errors.ts'
import type { Feature, Services } from './feature.ts'
import { createFieldObserver } from './field-observer.ts'
import { type RunningServer, startServer } from './http/server.ts'
import { schedulePruning } from './operations/prune.ts'
import {
  type Connections,
  closeConnections,
  createProcessParts,
  type Overrides,
  openConnections,
} from './process-parts.ts'
import { AddressLimit } from './rate-limit/address-limit.ts'
import { createSchema } from './schema.ts'
import { createServices, type ProcessParts } from './services.ts'
import { type AdminAccount, createAdmin, createFirstAdmin } from './users/first-admin.ts'

export interface App {
  /** `http://host:port`, without a path. */
  readonly url: string
  readonly metricsUrl: string | undefined
  readonly log: Logger
  /**
   * True once the database is prepared; false when the service was closed before. `createApp` waits for the first try
   * only, so this settles later while the database is away.
   * @throws StartRefusedError
   */
  readonly ready: Promise<boolean>
  /**
   * The services without a request: for operators and extensions.
   * @throws ServiceUnavailableError until `ready`
   */
  services(): Services
  /** Creates an administrator, for the operator. @throws BadUserInputError, ConflictError */
  createAdmin(account: AdminAccount): Promise<{ id: string }>
  /** In an empty database, creates an administrator and returns its password; else null. */
  createFirstAdmin(): Promise<string | null>
  /** Requests are served and readiness is refused for DRAIN_SECONDS. Call it before `close`, for a stop without failures. */
  leave(): Promise<void>
  /** Waits at most 10 s for requests in progress, then closes everything. Idempotent. */
  close(): Promise<void>
}

export interface AppOptions {
  /** In addition to the built-in ones. */
  features?: readonly Feature[]
  /** Plugins of Apollo, which run after the service's own. */
  plugins?: readonly ApolloServerPlugin<AppContext>[]
  overrides?: Overrides
}

const NOWHERE = { ipAddress: null, userAgent: null }

interface State {
  isClosing: boolean
  start?: Start
  /** Undefined until the database has answered. */
  parts?: ProcessParts
  pruning?: { stop(): void }
  clockWatch?: { stop(): void }
}

/**
 * The composition root of a service: connections, schema, server, keys. One process may run several. The server listens
 * before the database answers, and answers SERVICE_UNAVAILABLE until then.
 *
 * @throws StartRefusedError for what the operator has to fix; nothing is left open then
 */
export async function createApp(config: Config, options: AppOptions = {}): Promise<App> {
  const connections = await openConnections(config, options.features, options.overrides)
  const state: State = { isClosing: false }
  const server = await listen(connections, state, options.plugins).catch(async (error: unknown) => {
    await closeConnections(connections)
    throw error
  })
  const close = once(() => closeAll(connections, server, state))
  try {
    state.start = await startWhenAvailable(
      connections.log,
      () => state.isClosing,
      () => prepare(connections, state),
    )
  } catch (error) {
    await close()
    throw error
  }
  const services = () => {
    const parts = partsOf(state)
    return createServices(parts, parts.orm.em.fork({ useContext: true }), NOWHERE)
  }
  return {
    url: server.url,
    metricsUrl: server.metricsUrl,
    log: connections.log,
    ready: state.start.ready,
    services,
    createAdmin: async (account) => createAdmin(services().users, account),
    createFirstAdmin: async () => createFirstAdmin(services().users),
    leave: server.leave,
    close,
  }
}

async function prepare(connections: Connections, state: State): Promise<void> {
  await prepareDatabase(connections.config.database, connections.database, connections.orm)
  state.parts = await createProcessParts(connections)
  state.pruning = schedulePruning(state.parts)
  state.parts.outbox.start()
  const { databaseClock, orm, clock, log } = state.parts
  if (!databaseClock) state.clockWatch = await watchClock(orm, clock, log)
}

async function closeAll(connections: Connections, server: RunningServer, state: State): Promise<void> {
  state.isClosing = true
  await server.close()
  // A start in progress would use the database while it is being closed.
  await state.start?.ready.catch(() => undefined)
  state.pruning?.stop()
  state.clockWatch?.stop()
  await state.parts?.outbox.stop()
  await state.parts?.apiKeyUses.settled()
  await closeConnections(connections)
}

function partsOf({ parts }: State): ProcessParts {
  if (!parts) throw new ServiceUnavailableError()
  return parts
}

async function listen(connections: Connections, state: State, plugins: AppOptions['plugins']): Promise<RunningServer> {
  const { config, features, log, limits, stores, orm, metrics, tracing } = connections
  const requests = { limit: config.http.requestsPerMinute, seconds: 60 }
  const requestLimit = new AddressLimit(limits, 'request', requests)
  return startServer({
    http: config.http,
    log,
    schema: await createSchema(features, limits, createFieldObserver(metrics, tracing)),
    plugins,
    createContext: (request) => new AppContext(partsOf(state), request),
    jwks: async () => partsOf(state).tokens.jwks(),
    openIntrospection: async (request) => {
      const { viewer, services } = new AppContext(partsOf(state), request)
      await viewer.load()
      const refusal = services.introspection.refusalOf(viewer.current)
      return refusal ?? ((token) => services.introspection.introspect(token))
    },
    checkDatabase: async () => state.parts !== undefined && isDatabaseUp(config.database, orm),
    checkRedis: stores.check,
    consumeRequest: (address) => requestLimit.consume(address),
    metrics: metrics.text,
    tracing,
    onOperation(code, ran) {
      metrics.operationAnswered(code)
      if (ran) metrics.operationRan(ran.name, ran.seconds)
    },
    logRequests: config.log.requests,
  })
}

function once(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined
  return () => {
    running ??= work()
    return running
  }
}
