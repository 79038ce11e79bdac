import type { MigrationObject } from '@mikro-orm/core'
import type { EntityClass, SqlEntityManager } from '@mikro-orm/mysql'
import type { Logger } from 'pino'
import type { createActivityLoaders } from './activity/activity.loader.ts'
import type { ActivityService, Origin } from './activity/activity.service.ts'
import type { AuthService } from './auth/auth.service.ts'
import type { CredentialsService } from './auth/credentials.service.ts'
import type { RefreshService } from './auth/refresh.service.ts'
import type { AuthorizationService } from './authorization/authorization.service.ts'
import type { AddedPermission } from './authorization/permissions.ts'
import type { AccessMap } from './authorization/rules.ts'
import type { CacheService } from './cache/cache.service.ts'
import type { Clock } from './clock.ts'
import type { Config } from './config.ts'
import type { CursorCodec } from './pagination/cursor.ts'
import type { createSessionLoader } from './sessions/session.loader.ts'
import type { SessionService } from './sessions/session.service.ts'
import type { SessionDataService } from './sessions/session-data.service.ts'
import type { createSessionValueLoader } from './sessions/session-value.loader.ts'
import type { createUserLoader } from './users/user.loader.ts'
import type { UserService } from './users/user.service.ts'

/** The services of one request, or of an operator. A feature adds its own by declaration merging. */
export interface Services {
  activity: ActivityService
  auth: AuthService
  authorization: AuthorizationService
  credentials: CredentialsService
  refresh: RefreshService
  sessions: SessionService
  users: UserService
  /** The values of one session. */
  sessionData(sessionId: string): SessionDataService
}

/** DataLoaders of one request. A feature adds its own by declaration merging. */
export interface Loaders {
  activitiesOfUser: ReturnType<typeof createActivityLoaders>
  sessionsOfUser: ReturnType<typeof createSessionLoader>
  sessionValues: ReturnType<typeof createSessionValueLoader>
  userById: ReturnType<typeof createUserLoader>
}

/** What a feature makes its services from, once for each request. */
export interface FeatureParts {
  /** The entity manager of the request; it provides repositories: `em.getRepository(Note)`. */
  em: SqlEntityManager
  /** The built-in services, and those of features listed before. */
  services: Services
  /** Where the request comes from. */
  origin: Origin
  config: Config
  clock: Clock
  log: Logger
  cursors: CursorCodec
  /** @param namespace of the cache, such as the feature's name */
  cache(namespace: string): CacheService
}

/**
 * A part of the service: built in, added by a clone in `features.ts`, or passed to `createApp` by a project that
 * imports this one. Everything but the name is optional.
 */
export interface Feature {
  /** Unique among features. */
  name: string
  entities?: readonly EntityClass[]
  /** For features of other projects; a clone keeps migrations in the folder `migrations`. */
  migrations?: { mysql: readonly MigrationObject[]; sqlite: readonly MigrationObject[] }
  /** Classes of TypeGraphQL, which reach services and loaders through the context. */
  resolvers?: readonly ResolverClass[]
  /** By name in the enum `Permission`: `NOTE_READ_ANY: { value: 'note:read_any', … }`. */
  permissions?: Readonly<Record<string, AddedPermission>>
  /** Descriptions by name in the enum `ActivityAction`; see `AddedActions`. */
  activityActions?: Readonly<Record<string, string>>
  /** Who may call its root fields, one line for each. */
  access?: AccessMap
  services?(parts: FeatureParts): Partial<Services>
  loaders?(services: Services): Partial<Loaders>
}

type ResolverClass = new () => object

/** Checks what types cannot. @throws TypeError for a name that is not kebab-case */
export function defineFeature(feature: Feature): Feature {
  if (!/^[a-z][a-z0-9-]*$/.test(feature.name)) throw new TypeError(`'${feature.name}' is no name of a feature`)
  return feature
}
