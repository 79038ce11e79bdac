import type { SqlEntityManager } from '@mikro-orm/mysql'
import DataLoader from 'dataloader'
import { createActivityLoaders } from './activity/activity.loader.ts'
import { ActivityRepository } from './activity/activity.repository.ts'
import { ActivityService } from './activity/activity.service.ts'
import type { RequestInfo } from './api/request-info.ts'
import { AuthService } from './auth/auth.service.ts'
import { CredentialsService } from './auth/credentials.service.ts'
import { RefreshService } from './auth/refresh.service.ts'
import { findViewer } from './auth/viewer-lookup.ts'
import { AuthorizationService } from './authorization/authorization.service.ts'
import type { Viewer } from './authorization/viewer.ts'
import { ViewerHolder } from './authorization/viewer-holder.ts'
import { createSessionLoader } from './sessions/session.loader.ts'
import { SessionRepository } from './sessions/session.repository.ts'
import { SessionService } from './sessions/session.service.ts'
import { SessionDataService } from './sessions/session-data.service.ts'
import { SessionEnds } from './sessions/session-ends.ts'
import { SessionValueRepository } from './sessions/session-value.repository.ts'
import type { Shared } from './shared.ts'
import { createUserLoader } from './users/user.loader.ts'
import { UserRepository } from './users/user.repository.ts'
import { UserService } from './users/user.service.ts'

const TOTALS_SECONDS = 5

/** What resolvers, rules and directives share. */
export type AppContext = Awaited<ReturnType<typeof createContext>>

/** The second composition root: everything that one request needs, on an entity manager of its own. */
export async function createContext(shared: Shared, request: RequestInfo) {
  // Without `useContext` repositories would write past `em.transactional`, and their writes survive a rollback.
  const em = shared.orm.em.fork({ useContext: true })
  const services = createServices(shared, em, request)
  const sessionRepository = new SessionRepository(em)
  const viewer = new ViewerHolder(() =>
    findViewer(request.authorization, shared.tokens, sessionRepository, shared.clock),
  )
  const context = {
    request,
    viewer,
    services,
    sessionEnds: new SessionEnds(viewer, request),
    denials: shared.denials,
    log: shared.log,
    loaders: createLoaders(services, em),
    /** Between mutations: what one has changed, the next must not read from memory. */
    forgetRows(): void {
      Object.assign(context.loaders, createLoaders(services, em))
    },
  }
  return context
}

/** The services over one entity manager; also for operators, without a request. */
export function createServices(
  shared: Shared,
  em: SqlEntityManager,
  origin: { ipAddress: string | null; userAgent: string | null },
) {
  const { config, clock, hasher, cursors, log, metrics } = shared
  const userRepository = new UserRepository(em)
  const sessionRepository = new SessionRepository(em)
  const authorization = new AuthorizationService()
  const cachedCount = (key: string, count: () => Promise<number>) => shared.totals.cached(key, TOTALS_SECONDS, count)
  const from = { ipAddress: origin.ipAddress, userAgent: origin.userAgent }

  const activity = new ActivityService({
    repository: new ActivityRepository(em),
    authorization,
    origin: from,
    clock,
    cursors,
    log,
    isRequired: config.auditRequired,
    onWriteFault: () => metrics.activityWriteFailed(),
    cachedCount,
  })
  const users = new UserService({
    em,
    repository: userRepository,
    sessions: sessionRepository,
    activity,
    authorization,
    hasher,
    clock,
    cursors,
    cachedCount,
  })
  const sessions = new SessionService({
    em,
    repository: sessionRepository,
    activity,
    authorization,
    origin: from,
    clock,
    config: config.sessions,
    lockUser: (userId) => userRepository.lock(userId),
  })
  const auth = new AuthService({
    em,
    users,
    userRepository,
    sessions,
    activity,
    tokens: shared.tokens,
    refreshTokens: shared.refreshTokens,
    hasher,
    guard: shared.guard,
    clock,
    ipAddress: origin.ipAddress ?? '',
    onLogin: metrics.loginEnded,
  })
  const refresh = new RefreshService({
    em,
    auth,
    sessions,
    sessionRepository,
    activity,
    refreshTokens: shared.refreshTokens,
    clock,
    refreshGraceSeconds: config.sessions.refreshGraceSeconds,
  })
  const credentials = new CredentialsService({ em, users, userRepository, sessionRepository, activity, hasher, clock })
  const sessionData = ({ session }: Pick<Viewer, 'session'>) =>
    new SessionDataService(em, sessionRepository, new SessionValueRepository(em), clock, session.id)
  return { authorization, activity, users, sessions, auth, refresh, credentials, sessionData }
}

export type Services = ReturnType<typeof createServices>

function createLoaders(services: Services, em: SqlEntityManager) {
  return {
    userById: createUserLoader(new UserRepository(em)),
    sessionsOfUser: createSessionLoader(services.sessions),
    activitiesOfUser: createActivityLoaders(services.activity),
    sessionValues: new DataLoader((ids: readonly string[]) =>
      Promise.all(ids.map((id) => services.sessionData({ session: { id } as Viewer['session'] }).all())),
    ),
  }
}
