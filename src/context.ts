import type { SqlEntityManager } from '@mikro-orm/mysql'
import { createActivityLoaders } from './activity/activity.loader.ts'
import { ApiKey } from './api-keys/api-key.entity.ts'
import { createApiKeyLoader } from './api-keys/api-key.loader.ts'
import type { ClientLimits } from './auth/client-limits.ts'
import { tokenToRefresh } from './auth/transport.ts'
import { findViewer } from './auth/viewer-lookup.ts'
import type { Freshness } from './authorization/freshness.ts'
import { ViewerHolder } from './authorization/viewer-holder.ts'
import type { BuiltInLoaders, Feature, Loaders, Services } from './feature.ts'
import type { RequestInfo } from './graphql/request-info.ts'
import type { RateLimits } from './rate-limit/rate-limits.ts'
import { createRoleLoader, createUserCountLoader } from './roles/role.loader.ts'
import { createRecoveryCodesLoader } from './second-factor/second-factor.loader.ts'
import { createServices, type ProcessParts } from './services.ts'
import { Session } from './sessions/session.entity.ts'
import { createSessionLoader } from './sessions/session.loader.ts'
import { SessionEnds } from './sessions/session-ends.ts'
import { createSessionValueLoader } from './sessions/session-value.loader.ts'
import { createUserLoader } from './users/user.loader.ts'

function createLoaders(services: Services, features: readonly Feature[]): Loaders {
  const builtIn: BuiltInLoaders = {
    userById: createUserLoader(services.users),
    apiKeysOfUser: createApiKeyLoader(services.apiKeys),
    roleByName: createRoleLoader(services.roles),
    userCountOfRole: createUserCountLoader(services.roles),
    sessionsOfUser: createSessionLoader(services.sessions),
    recoveryCodesLeft: createRecoveryCodesLoader(services.secondFactors),
    activitiesOfUser: createActivityLoaders(services.activity),
    sessionValues: createSessionValueLoader((sessionId) => services.sessionData(sessionId)),
  }
  const loaders = builtIn as Loaders
  for (const feature of features) Object.assign(loaders, feature.loaders?.(services))
  return loaders
}

/**
 * What resolvers, rules and directives of one request share. Apollo copies this object without `#private` fields, so it
 * has none.
 */
export class AppContext {
  readonly services: Services
  readonly viewer: ViewerHolder
  private readonly em: SqlEntityManager
  private madeLoaders: Loaders | undefined

  constructor(
    private readonly parts: ProcessParts,
    readonly request: RequestInfo,
  ) {
    const { ipAddress, userAgent, acceptLanguage, authorization } = request
    this.em = parts.orm.em.fork({ useContext: true })
    this.services = createServices(parts, this.em, { ipAddress, userAgent, acceptLanguage })
    this.viewer = new ViewerHolder(() =>
      findViewer(authorization, {
        tokens: parts.tokens,
        sessions: this.em.getRepository(Session),
        apiKeys: this.em.getRepository(ApiKey),
        apiKeySecrets: parts.apiKeySecrets,
        apiKeyUses: parts.apiKeyUses,
        table: parts.permissions,
        clock: parts.clock,
      }),
    )
  }

  get loaders(): Loaders {
    this.madeLoaders ??= createLoaders(this.services, this.parts.features)
    return this.madeLoaders
  }

  get sessionEnds(): SessionEnds {
    return new SessionEnds(this.viewer, this.request)
  }

  get freshness(): Freshness {
    return this.parts.freshness
  }

  get denials(): RateLimits {
    return this.parts.denials
  }

  get clientLimits(): ClientLimits {
    return this.parts.clientLimits
  }

  get isRegistrationOpen(): boolean {
    return this.parts.config.accounts.isRegistrationOpen
  }

  /** The session of the refresh token that `refresh` takes; null where there is none, or it is not authentic. */
  refreshedSession(input: unknown): string | null {
    const token = tokenToRefresh(typeof input === 'string' ? input : null, this.request)?.token
    return token === undefined ? null : (this.parts.refreshTokens.read(token)?.sessionId ?? null)
  }

  /** Called between mutations, so that none reads from memory what an earlier one has changed. */
  forgetRows(): void {
    this.madeLoaders = undefined
    this.em.clear()
  }
}
