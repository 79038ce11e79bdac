import { createActivityLoaders } from './activity/activity.loader.ts'
import type { RequestInfo } from './api/request-info.ts'
import { findViewer } from './auth/viewer-lookup.ts'
import { ViewerHolder } from './authorization/viewer-holder.ts'
import { AskedFields } from './database/asked-fields.ts'
import type { Shared } from './parts.ts'
import { createServices, type Services } from './services.ts'
import { createSessionLoader } from './sessions/session.loader.ts'
import { SessionRepository } from './sessions/session.repository.ts'
import { SessionEnds } from './sessions/session-ends.ts'
import { createSessionValueLoader } from './sessions/session-value.loader.ts'
import { UserLoader } from './users/user.loader.ts'
import { UserRepository } from './users/user.repository.ts'

/** What resolvers, rules and directives share. */
export type AppContext = Awaited<ReturnType<typeof createContext>>

/** The second composition root: everything that one request needs, on an entity manager of its own. */
export async function createContext(shared: Shared, request: RequestInfo) {
  // Without `useContext` repositories would write past `em.transactional`, and their writes survive a rollback.
  const em = shared.orm.em.fork({ useContext: true })
  const { ipAddress, userAgent } = request
  const asked = new AskedFields()
  const services = createServices(shared, em, { ipAddress, userAgent }, asked)
  const sessions = new SessionRepository(em)
  const viewer = new ViewerHolder(() => findViewer(request.authorization, shared.tokens, sessions, shared.clock))
  const loaders = createLoaders(services, new UserRepository(em, asked))
  return {
    request,
    asked,
    viewer,
    services,
    loaders,
    sessionEnds: new SessionEnds(viewer, request),
    denials: shared.denials,
    /** Between mutations: what one has changed, the next must not read from memory. */
    forgetRows(): void {
      Object.assign(loaders, createLoaders(services, new UserRepository(em, asked)))
    },
  }
}

function createLoaders(services: Services, users: UserRepository) {
  return {
    userById: new UserLoader(users),
    sessionsOfUser: createSessionLoader(services.sessions),
    activitiesOfUser: createActivityLoaders(services.activity),
    sessionValues: createSessionValueLoader(services.sessionData),
  }
}
