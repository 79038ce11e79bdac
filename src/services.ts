import type { SqlEntityManager } from '@mikro-orm/mysql'
import { ActivityRepository } from './activity/activity.repository.ts'
import { ActivityService, type Origin } from './activity/activity.service.ts'
import { AuthService } from './auth/auth.service.ts'
import { CredentialsService } from './auth/credentials.service.ts'
import { RefreshService } from './auth/refresh.service.ts'
import { AuthorizationService } from './authorization/authorization.service.ts'
import type { AskedFields } from './database/asked-fields.ts'
import type { Shared } from './parts.ts'
import { SessionRepository } from './sessions/session.repository.ts'
import { SessionService } from './sessions/session.service.ts'
import { SessionDataService } from './sessions/session-data.service.ts'
import { SessionValueRepository } from './sessions/session-value.repository.ts'
import { UserRepository } from './users/user.repository.ts'
import { UserService } from './users/user.service.ts'

const TOTALS_SECONDS = 5

export type Services = ReturnType<typeof createServices>

/**
 * The services over one entity manager: for a request, or for an operator, who comes from nowhere.
 * @param asked which columns their lists show; left out: all
 */
export function createServices(shared: Shared, em: SqlEntityManager, origin: Origin, asked?: AskedFields) {
  const { config, clock, metrics } = shared
  const userRepository = new UserRepository(em, asked)
  const sessionRepository = new SessionRepository(em)
  const authorization = new AuthorizationService()
  const cachedCount = (key: string, count: () => Promise<number>) => shared.totals.cached(key, TOTALS_SECONDS, count)
  const parts = { ...shared, em, origin, authorization, userRepository, sessionRepository, cachedCount }

  const activity = new ActivityService({
    ...parts,
    repository: new ActivityRepository(em, asked),
    isRequired: config.auditRequired,
    onWriteFault: metrics.activityWriteFailed,
  })
  const users = new UserService({ ...parts, repository: userRepository, sessions: sessionRepository, activity })
  const sessions = new SessionService({
    ...parts,
    repository: sessionRepository,
    activity,
    config: config.sessions,
    lockUser: (userId) => userRepository.lock(userId),
  })
  const auth = new AuthService({ ...parts, users, sessions, activity, onLogin: metrics.loginEnded })
  const refresh = new RefreshService({
    ...parts,
    auth,
    sessions,
    activity,
    refreshGraceSeconds: config.sessions.refreshGraceSeconds,
  })
  const credentials = new CredentialsService({ ...parts, users, activity })
  const values = new SessionValueRepository(em)
  const sessionData = (sessionId: string) => new SessionDataService(em, sessionRepository, values, clock, sessionId)
  return { authorization, activity, users, sessions, auth, refresh, credentials, sessionData }
}
