import { createActivityLoaders } from './activity/activity.loader.ts'
import { findViewer } from './auth/viewer-lookup.ts'
import { ViewerHolder } from './authorization/viewer-holder.ts'
import { AskedFields } from './database/asked-fields.ts'
import type { RequestInfo } from './graphql/request-info.ts'
import type { Shared } from './parts.ts'
import { Services } from './services.ts'
import { createSessionLoader } from './sessions/session.loader.ts'
import { SessionEnds } from './sessions/session-ends.ts'
import { createSessionValueLoader } from './sessions/session-value.loader.ts'
import { UserLoader } from './users/user.loader.ts'

/**
 * The second composition root: what resolvers, rules and directives of one request share. Private in TypeScript's
 * sense alone, as Apollo copies the object.
 */
export class AppContext {
  readonly asked = new AskedFields()
  readonly services: Services
  readonly viewer: ViewerHolder
  private madeLoaders: Loaders | undefined

  constructor(
    private readonly shared: Shared,
    readonly request: RequestInfo,
  ) {
    const { ipAddress, userAgent, authorization } = request
    const { tokens, viewers, clock } = shared
    this.services = new Services(shared, { ipAddress, userAgent }, this.asked)
    this.viewer = new ViewerHolder(() => findViewer(authorization, tokens, viewers, clock))
  }

  get loaders(): Loaders {
    this.madeLoaders ??= createLoaders(this.services)
    return this.madeLoaders
  }

  get sessionEnds(): SessionEnds {
    return new SessionEnds(this.viewer, this.request)
  }

  get denials() {
    return this.shared.denials
  }

  /** Between mutations: what one has changed, the next must not read from memory. */
  forgetRows(): void {
    this.madeLoaders = undefined
  }
}

type Loaders = ReturnType<typeof createLoaders>

function createLoaders(services: Services) {
  return {
    userById: new UserLoader(services.users),
    sessionsOfUser: createSessionLoader(services.sessions),
    activitiesOfUser: createActivityLoaders(services.activity),
    sessionValues: createSessionValueLoader((sessionId) => services.sessionData(sessionId)),
  }
}
