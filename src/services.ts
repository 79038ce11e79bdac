import { ActivityRepository } from './activity/activity.repository.ts'
import { ActivityService, type Origin } from './activity/activity.service.ts'
import { AuthService } from './auth/auth.service.ts'
import { CredentialsService } from './auth/credentials.service.ts'
import { RefreshService } from './auth/refresh.service.ts'
import { AuthorizationService } from './authorization/authorization.service.ts'
import { AskedFields } from './database/asked-fields.ts'
import type { Shared } from './parts.ts'
import { SessionRepository } from './sessions/session.repository.ts'
import { SessionService } from './sessions/session.service.ts'
import { SessionDataService } from './sessions/session-data.service.ts'
import { SessionValueRepository } from './sessions/session-value.repository.ts'
import { UserRepository } from './users/user.repository.ts'
import { UserService } from './users/user.service.ts'

const TOTALS_SECONDS = 5

/**
 * The services: for a request, or for an operator, who comes from nowhere. Each is made when it is first asked for: most
 * requests need none or two, and making all takes a twentieth of the smallest request.
 */
export class Services {
  readonly authorization = new AuthorizationService()
  #parts: ReturnType<Services['makeParts']> | undefined
  #activity: ActivityService | undefined
  #users: UserService | undefined
  #sessions: SessionService | undefined
  #auth: AuthService | undefined

  /** @param asked which columns their lists show; left out: all */
  constructor(
    private readonly shared: Shared,
    private readonly origin: Origin,
    private readonly asked = new AskedFields(),
  ) {}

  get activity(): ActivityService {
    const { parts, shared } = this
    this.#activity ??= new ActivityService({
      ...parts,
      repository: new ActivityRepository(shared.database, this.asked),
      isRequired: shared.config.auditRequired,
      onWriteFault: shared.metrics.activityWriteFailed,
    })
    return this.#activity
  }

  get users(): UserService {
    const { parts, activity } = this
    const { userRepository: repository, sessionRepository: sessions } = parts
    this.#users ??= new UserService({ ...parts, repository, sessions, activity })
    return this.#users
  }

  get sessions(): SessionService {
    const { parts, activity, shared } = this
    const { userRepository, sessionRepository: repository } = parts
    const lockUser = (userId: string) => userRepository.lock(userId)
    this.#sessions ??= new SessionService({ ...parts, repository, activity, config: shared.config.sessions, lockUser })
    return this.#sessions
  }

  get auth(): AuthService {
    const { parts, users, sessions, activity, shared } = this
    this.#auth ??= new AuthService({ ...parts, users, sessions, activity, onLogin: shared.metrics.loginEnded })
    return this.#auth
  }

  get refresh(): RefreshService {
    const { parts, auth, sessions, activity } = this
    const { refreshGraceSeconds } = this.shared.config.sessions
    return new RefreshService({ ...parts, auth, sessions, activity, refreshGraceSeconds })
  }

  get credentials(): CredentialsService {
    const { parts, users, activity } = this
    return new CredentialsService({ ...parts, users, activity })
  }

  sessionData(sessionId: string): SessionDataService {
    const { database, sessionRepository, clock } = this.parts
    return new SessionDataService(database, sessionRepository, new SessionValueRepository(database), clock, sessionId)
  }

  private get parts() {
    this.#parts ??= this.makeParts()
    return this.#parts
  }

  private makeParts() {
    const { shared, origin, authorization } = this
    const cachedCount = (key: string, count: () => Promise<number>) => shared.totals.cached(key, TOTALS_SECONDS, count)
    const userRepository = new UserRepository(shared.database, this.asked)
    return {
      ...shared,
      origin,
      authorization,
      userRepository,
      sessionRepository: new SessionRepository(shared.database),
      cachedCount,
    }
  }
}
