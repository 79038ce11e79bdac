import type { MigrationObject } from '@mikro-orm/core'
import type { EntityClass, SqlEntityManager } from '@mikro-orm/mysql'
import type { Logger } from 'pino'
import type { createActivityLoaders } from './activity/activity.loader.ts'
import type { ActivityService, Origin } from './activity/activity.service.ts'
import type { createApiKeyLoader } from './api-keys/api-key.loader.ts'
import type { ApiKeyService } from './api-keys/api-key.service.ts'
import type { AuthService } from './auth/auth.service.ts'
import type { CredentialsService } from './auth/credentials.service.ts'
import type { EmailChangeService } from './auth/email-change.service.ts'
import type { EmailVerificationService } from './auth/email-verification.service.ts'
import type { IntrospectionService } from './auth/introspection.service.ts'
import type { PasswordResetService } from './auth/password-reset.service.ts'
import type { ReauthenticationService } from './auth/reauthentication.service.ts'
import type { RefreshService } from './auth/refresh.service.ts'
import type { AuthorizationService } from './authorization/authorization.service.ts'
import type { EscalationService } from './authorization/escalation.service.ts'
import type { AddedPermission } from './authorization/permissions.ts'
import type { AccessMap } from './authorization/rules.ts'
import type { CacheService } from './cache/cache.service.ts'
import type { Clock } from './clock.ts'
import type { Config } from './config.ts'
import type { MailService } from './mail/mail.service.ts'
import type { MailTokenService } from './mail/mail-token.service.ts'
import type { CursorCodec } from './pagination/cursor.ts'
import type { createRoleLoader, createUserCountLoader } from './roles/role.loader.ts'
import type { RoleService } from './roles/role.service.ts'
import type { createRecoveryCodesLoader } from './second-factor/second-factor.loader.ts'
import type { SecondFactorService } from './second-factor/second-factor.service.ts'
import type { createSessionLoader } from './sessions/session.loader.ts'
import type { SessionService } from './sessions/session.service.ts'
import type { SessionDataService } from './sessions/session-data.service.ts'
import type { createSessionValueLoader } from './sessions/session-value.loader.ts'
import type { createUserLoader } from './users/user.loader.ts'
import type { UserService } from './users/user.service.ts'

/*
 * `export *`, because TypeScript merges an interface through it, and through no other form of re-export. A feature
 * declares what it adds in one block, `declare module '../feature.ts'` in a clone and `declare module 'gatehouse'` in a
 * project that imports this one: members of Services, Loaders, AddedPermissions and AddedActions.
 */
export * from './added-names.ts'

export interface BuiltInServices {
  activity: ActivityService
  apiKeys: ApiKeyService
  auth: AuthService
  authorization: AuthorizationService
  credentials: CredentialsService
  emailChanges: EmailChangeService
  emailVerification: EmailVerificationService
  escalation: EscalationService
  introspection: IntrospectionService
  mail: MailService
  mailTokens: MailTokenService
  passwordReset: PasswordResetService
  reauthentication: ReauthenticationService
  refresh: RefreshService
  roles: RoleService
  secondFactors: SecondFactorService
  sessions: SessionService
  users: UserService
  /** The values of one session. */
  sessionData(sessionId: string): SessionDataService
}

/** The services of one request, or of an operator. A feature adds its own by declaration merging. */
export interface Services extends BuiltInServices {}

export interface BuiltInLoaders {
  activitiesOfUser: ReturnType<typeof createActivityLoaders>
  apiKeysOfUser: ReturnType<typeof createApiKeyLoader>
  recoveryCodesLeft: ReturnType<typeof createRecoveryCodesLoader>
  roleByName: ReturnType<typeof createRoleLoader>
  sessionsOfUser: ReturnType<typeof createSessionLoader>
  sessionValues: ReturnType<typeof createSessionValueLoader>
  userById: ReturnType<typeof createUserLoader>
  userCountOfRole: ReturnType<typeof createUserCountLoader>
}

/** DataLoaders of one request. A feature adds its own by declaration merging. */
export interface Loaders extends BuiltInLoaders {}

/** What a feature makes its services from, once a request. */
export interface FeatureParts {
  /** The entity manager of the request; it provides repositories: `em.getRepository(Note)`. */
  em: SqlEntityManager
  /** The built-in ones, and those of features that come before in the list. */
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
 * A part of the service: built in, listed in `features.ts` by a clone, or passed to `createApp` by a project that
 * imports this one. All but the name may be left out.
 */
export interface Feature {
  /** Unique among features. */
  name: string
  entities?: readonly EntityClass[]
  /** Of a feature that comes from another project, oldest first; those of a clone are in the folder `migrations`. */
  migrations?: { mysql: readonly MigrationObject[]; sqlite: readonly MigrationObject[] }
  /** Classes of TypeGraphQL, which reach services and loaders through the context. */
  resolvers?: readonly ResolverClass[]
  /** By their name in the enum `Permission`: `NOTE_READ: { value: 'note:read', … }`. */
  permissions?: Readonly<Record<string, AddedPermission>>
  /** Descriptions by their name in the enum `ActivityAction`, 32 characters at most. */
  activityActions?: Readonly<Record<string, string>>
  /** Who may call its root fields, one line for each. */
  access?: AccessMap
  /** Made once for each request, and for `App.services()`. */
  services?(parts: FeatureParts): Partial<Services>
  /** Made once for each request, where a resolver asks for a loader. */
  loaders?(services: Services): Partial<Loaders>
}

type ResolverClass = new () => object

const FEATURE_NAME = /^[a-z][a-z0-9-]*$/
/** As long as the column of the table `activities` at most. */
const ENUM_NAME = /^[A-Z][A-Z0-9_]{0,31}$/
const PERMISSION = /^[a-z][a-z0-9_]*:[a-z][a-z0-9_]*$/

/** Checks what types cannot. @throws TypeError */
export function defineFeature(feature: Feature): Feature {
  const { name, permissions = {}, activityActions = {} } = feature
  const checks: [what: string, pattern: RegExp, texts: string[]][] = [
    ['name of a feature', FEATURE_NAME, [name]],
    ['name in an enum', ENUM_NAME, [...Object.keys(permissions), ...Object.keys(activityActions)]],
    ['permission, as resource:action', PERMISSION, Object.values(permissions).map(({ value }) => value)],
  ]
  for (const [what, pattern, texts] of checks) {
    const wrong = texts.find((text) => !pattern.test(text))
    if (wrong !== undefined) throw new TypeError(`Feature '${name}': '${wrong}' is no ${what}`)
  }
  return feature
}
