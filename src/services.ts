import type { SqlEntityManager } from '@mikro-orm/mysql'
import type { Logger } from 'pino'
import { Activity } from './activity/activity.entity.ts'
import { ActivityService, type Origin } from './activity/activity.service.ts'
import { AddressClearing } from './activity/address-clearing.entity.ts'
import { AddressClearingService } from './activity/address-clearing.service.ts'
import { ApiKey } from './api-keys/api-key.entity.ts'
import { ApiKeyService } from './api-keys/api-key.service.ts'
import type { ApiKeySecrets } from './api-keys/api-key-secret.ts'
import type { ApiKeyUses } from './api-keys/api-key-uses.ts'
import { AuthService } from './auth/auth.service.ts'
import type { ClientLimits } from './auth/client-limits.ts'
import { CredentialsService } from './auth/credentials.service.ts'
import { EmailChangeService } from './auth/email-change.service.ts'
import { EmailVerificationService } from './auth/email-verification.service.ts'
import { IntrospectionService } from './auth/introspection.service.ts'
import { PasswordResetService } from './auth/password-reset.service.ts'
import { ReauthenticationService } from './auth/reauthentication.service.ts'
import { RefreshService } from './auth/refresh.service.ts'
import type { RefreshTokens } from './auth/refresh-token.ts'
import type { TokenService } from './auth/token.service.ts'
import { AuthorizationService } from './authorization/authorization.service.ts'
import { EscalationService } from './authorization/escalation.service.ts'
import type { Freshness } from './authorization/freshness.ts'
import type { PermissionTable } from './authorization/permission-table.ts'
import { CacheService } from './cache/cache.service.ts'
import type { Stores } from './cache/stores.ts'
import type { Clock } from './clock.ts'
import type { Config } from './config.ts'
import { Guard } from './database/guard.entity.ts'
import type { Orm } from './database/orm.ts'
import type { BuiltInServices, Feature, Services } from './feature.ts'
import { MailService } from './mail/mail.service.ts'
import { MailToken } from './mail/mail-token.entity.ts'
import { MailTokenService } from './mail/mail-token.service.ts'
import type { MailTokens } from './mail/mail-token.ts'
import type { Metrics } from './metrics.ts'
import { OutboxService } from './outbox/outbox.service.ts'
import { OutboxMessage } from './outbox/outbox-message.entity.ts'
import type { OutboxWorker } from './outbox/outbox-worker.ts'
import type { CursorCodec } from './pagination/cursor.ts'
import type { PasswordHasher } from './passwords/password-hasher.ts'
import type { LoginGuard } from './rate-limit/login-guard.ts'
import type { RateLimits } from './rate-limit/rate-limits.ts'
import { Role } from './roles/role.entity.ts'
import { RoleService } from './roles/role.service.ts'
import { FactorCheckService } from './second-factor/factor-check.service.ts'
import type { FactorKeys } from './second-factor/factor-keys.ts'
import { RecoveryCode } from './second-factor/recovery-code.entity.ts'
import { SecondFactor } from './second-factor/second-factor.entity.ts'
import { SecondFactorService } from './second-factor/second-factor.service.ts'
import { Session } from './sessions/session.entity.ts'
import { SessionService } from './sessions/session.service.ts'
import { SessionDataService } from './sessions/session-data.service.ts'
import { SessionValue } from './sessions/session-value.entity.ts'
import { User } from './users/user.entity.ts'
import { UserService } from './users/user.service.ts'

/** What lives as long as the process. `app.ts` makes it, and each request is built from it. */
export interface ProcessParts {
  config: Config
  features: readonly Feature[]
  orm: Orm
  stores: Stores
  permissions: PermissionTable
  freshness: Freshness
  tokens: TokenService
  /** What second factors are stored with. */
  factorKeys: FactorKeys
  refreshTokens: RefreshTokens
  mailTokens: MailTokens
  apiKeySecrets: ApiKeySecrets
  apiKeyUses: ApiKeyUses
  /** Runs in a service alone; `app.ts` starts it. */
  outbox: OutboxWorker
  cursors: CursorCodec
  hasher: PasswordHasher
  loginGuard: LoginGuard
  /** The cache of total counts. */
  totals: CacheService
  /** What RATE_LIMIT_FACTOR does not multiply: recorded refusals, and mails of refused sign-ins. */
  denials: RateLimits
  clientLimits: ClientLimits
  clock: Clock
  /** Undefined: the clock of the MySQL server. */
  databaseClock: Clock | undefined
  log: Logger
  metrics: Metrics
}

/** Who causes what the services do. */
export interface Caller extends Origin {
  /** The header Accept-Language: mails that the request causes are in its language. */
  readonly acceptLanguage?: string | null
}

/** The services over one entity manager: that of a request, or that of an operator, without an origin. */
// biome-ignore format: one paragraph for each service
export function createServices(parts: ProcessParts, em: SqlEntityManager, caller: Caller): Services {
  const { acceptLanguage = null, ...origin } = caller
  const {
    config, permissions: table, factorKeys, tokens, refreshTokens, mailTokens, apiKeySecrets, outbox, cursors, hasher,
    loginGuard, totals, clock, databaseClock, clientLimits, denials, log, metrics,
  } = parts
  const users = em.getRepository(User)
  const sessions = em.getRepository(Session)
  const sessionValues = em.getRepository(SessionValue)
  const activities = em.getRepository(Activity)
  const guards = em.getRepository(Guard)
  const secondFactors = em.getRepository(SecondFactor)
  const recoveryCodes = em.getRepository(RecoveryCode)
  const roles = em.getRepository(Role)
  const apiKeys = em.getRepository(ApiKey)

  const authorization = new AuthorizationService(table, roles)
  const escalation = new EscalationService({ guards, users, sessions, apiKeys, authorization, table, clock })
  const activity = new ActivityService({
    activities, authorization, cursors, totals, origin, clock, log, metrics, isRequired: config.auditRequired,
  })
  const addresses = new AddressClearingService(activities, em.getRepository(AddressClearing), log)
  const mailTokenService = new MailTokenService({
    em, mailTokens: em.getRepository(MailToken), users, codec: mailTokens, clock,
  })
  const mail = new MailService({
    outbox: new OutboxService({ em, messages: em.getRepository(OutboxMessage), clock, wake: outbox.wake }),
    tokens: mailTokenService,
    isOn: config.mail.transport.kind !== 'off',
    acceptLanguage,
  })
  const apiKeyService = new ApiKeyService({ em, apiKeys, activity, escalation, table, secrets: apiKeySecrets, clock })
  const roleService = new RoleService({ em, roles, users, activity, escalation, table, clock })
  const sessionService = new SessionService({
    em, sessions, users, activity, apiKeys: apiKeyService, escalation, origin, clock, config: config.sessions,
  })
  const userService = new UserService({
    em, users, sessions, activity, addresses, authorization, escalation, hasher, cursors, totals, clock, mail,
  })
  const secondFactorService = new SecondFactorService({
    em, users, sessions, secondFactors, recoveryCodes, activity, escalation, factorKeys, mail, clock,
    issuer: config.tokens.issuer,
  })
  const factorCheck = new FactorCheckService({
    secondFactors, recoveryCodes, activity, factorKeys, mail, clock, log, limitFactor: config.rateLimitFactor,
  })
  const auth = new AuthService({
    em, users, userService, sessionService, factorCheck, activity, authorization, tokens, refreshTokens, hasher,
    loginGuard, origin, clock, metrics, mail, fixedLimits: denials, requireVerifiedEmail: config.accounts.requireVerifiedEmail,
  })
  const refresh = new RefreshService({
    em, auth, sessions, sessionService, activity, refreshTokens, table, clock, databaseClock, mail, config: config.sessions,
  })
  const emailChanges = new EmailChangeService({
    em, users, sessions, apiKeys: apiKeyService, secondFactors: secondFactorService, activity, mail,
    mailTokens: mailTokenService, clientLimits, clock,
  })
  const emailVerification = new EmailVerificationService({
    em, users, emailChanges, activity, mail, mailTokens: mailTokenService, clientLimits, clock,
  })
  const passwordReset = new PasswordResetService({
    em, users, sessions, apiKeys: apiKeyService, activity, mail, mailTokens: mailTokenService, clientLimits, hasher,
    clock,
  })
  const credentials = new CredentialsService({
    em, users, userService, emailChanges, sessions, activity, hasher, clock, mail, mailTokens: mailTokenService,
  })
  const reauthentication = new ReauthenticationService({
    em, users, sessions, factorCheck, activity, hasher, clock,
  })
  const introspection = new IntrospectionService({ tokens, sessions, authorization, table, clock, config: config.tokens })
  const sessionData = (sessionId: string) => new SessionDataService(em, sessions, sessionValues, clock, sessionId)

  const services = {
    activity, apiKeys: apiKeyService, auth, authorization, credentials, emailChanges, emailVerification, escalation,
    introspection, mail, mailTokens: mailTokenService, passwordReset, reauthentication, refresh, roles: roleService,
    secondFactors: secondFactorService, sessionData, sessions: sessionService, users: userService,
  }
  return addFeatureServices(services, parts, em, origin)
}

function addFeatureServices(
  builtIn: BuiltInServices,
  parts: ProcessParts,
  em: SqlEntityManager,
  origin: Origin,
): Services {
  const { config, clock, log, cursors, stores, metrics, features } = parts
  // What features declare beyond the built-in ones is there after the loop.
  const services = builtIn as Services
  const cache = (namespace: string) => new CacheService(stores, namespace, () => metrics.cacheFailed())
  for (const feature of features) {
    if (!feature.services) continue
    Object.assign(services, feature.services({ em, services, origin, config, clock, log, cursors, cache }))
  }
  return services
}
