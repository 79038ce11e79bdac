import type { EntityManager } from '@mikro-orm/core'
import { ActivityAction } from '../activity/actions.ts'
import type { ActivityService, Origin } from '../activity/activity.service.ts'
import type { AuthorizationService } from '../authorization/authorization.service.ts'
import { type Rights, rightsOf } from '../authorization/rights.ts'
import type { SessionViewer } from '../authorization/viewer.ts'
import type { Clock } from '../clock.ts'
import { transaction } from '../database/transaction.ts'
import {
  AccountDisabledError,
  EmailNotVerifiedError,
  InvalidCredentialsError,
  RateLimitedError,
  SecondFactorInvalidError,
  SecondFactorRequiredError,
} from '../errors.ts'
import type { MailService } from '../mail/mail.service.ts'
import type { LoginOutcome, Metrics } from '../metrics.ts'
import type { PasswordHasher } from '../passwords/password-hasher.ts'
import type { LoginGuard } from '../rate-limit/login-guard.ts'
import type { RateLimits } from '../rate-limit/rate-limits.ts'
import type { FactorCheckService, GivenFactor } from '../second-factor/factor-check.service.ts'
import type { Transport } from '../sessions/session.entity.ts'
import type { SessionRow } from '../sessions/session.row.ts'
import type { SessionService } from '../sessions/session.service.ts'
import type { NewAccount } from '../users/account.ts'
import { identifierKey } from '../users/identity.ts'
import type { UserRepository } from '../users/user.repository.ts'
import type { UserRow, UserWithHash } from '../users/user.row.ts'
import type { UserService } from '../users/user.service.ts'
import { newCsrfToken, storedForm } from './csrf-token.ts'
import type { RefreshTokens } from './refresh-token.ts'
import type { TokenService } from './token.service.ts'

export interface AuthDependencies {
  em: EntityManager
  users: UserRepository
  userService: UserService
  sessionService: SessionService
  factorCheck: FactorCheckService
  activity: ActivityService
  authorization: AuthorizationService
  tokens: TokenService
  refreshTokens: RefreshTokens
  hasher: PasswordHasher
  loginGuard: LoginGuard
  mail: MailService
  /** Not multiplied by RATE_LIMIT_FACTOR. */
  fixedLimits: RateLimits
  /** REQUIRE_VERIFIED_EMAIL */
  requireVerifiedEmail: boolean
  clock: Clock
  origin: Origin
  metrics: Pick<Metrics, 'loginEnded'>
}

/** Whom tokens are for. */
export type Account = Omit<SessionViewer, 'apiKey'>

/** A pair of tokens with the account and the session that they are for. */
export interface SignedIn extends Account {
  accessToken: string
  accessTokenExpiresAt: Date
  /** Seconds, rounded up: a token issued for 900 seconds says 900. */
  accessTokenExpiresIn: number
  refreshToken: string
  /** Null with transport BODY. */
  csrfToken: string | null
}

export interface WantedSession {
  transport: Transport
  /** The refresh cookie that the new one will replace; its session ends. */
  replacedCookie: string | null
  /** Ignored for an account without one. */
  secondFactor: GivenFactor | null
}

/** Mails that a sign-in with an unconfirmed address causes. Whoever knows the password could flood the address. */
const REMINDERS = { limit: 1, seconds: 300 }

/** A login starts over when the account changes while the password is checked. */
const MAX_ATTEMPTS = 3

/** Registration and login. Refresh and logout: `refresh.service.ts`. */
export class AuthService {
  constructor(private readonly deps: AuthDependencies) {}

  /** The role is always `user`; a client cannot choose it. */
  async register(account: Pick<NewAccount, 'username' | 'email' | 'password' | 'displayName'>): Promise<UserRow> {
    const { username, email, password, displayName } = account
    const details = { username, email, password, displayName, role: 'user' as const, isActive: true }
    return this.deps.userService.create(details, ActivityAction.USER_REGISTERED)
  }

  /**
   * Signs in with a username or an e-mail address and begins a session.
   *
   * An unknown account and a wrong password take the same work and get the same answer (ASVS 6.3.8). Only a client
   * that knows the password learns that the account is disabled, has an unconfirmed address, or a second factor. That
   * comes last, so that no code is used up in vain, and its failures are not those of the login guard.
   * @throws RateLimitedError, InvalidCredentialsError, AccountDisabledError, EmailNotVerifiedError,
   *   SecondFactorRequiredError, SecondFactorInvalidError
   */
  async login(identifier: string, password: string, wanted: WantedSession): Promise<SignedIn> {
    try {
      const signedIn = await this.#signIn(identifier, password, wanted)
      this.deps.metrics.loginEnded('ok')
      return signedIn
    } catch (error) {
      this.deps.metrics.loginEnded(outcomeOf(error))
      throw error
    }
  }

  async #signIn(identifier: string, password: string, wanted: WantedSession): Promise<SignedIn> {
    const key = identifierKey(identifier)
    await this.deps.loginGuard.check(key, this.deps.origin.ipAddress ?? '')
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const user = await this.deps.users.findByIdentifierKeyWithHash(key)
      const isRight = await this.deps.hasher.verify(user?.passwordHash ?? null, password)
      if (!user || !isRight) return this.#refuse(key, user, new InvalidCredentialsError())
      if (!user.isActive) return this.#refuse(key, user, new AccountDisabledError())
      // Before whatever can be used once, so that nothing is used up in vain.
      if (this.deps.requireVerifiedEmail && !user.emailVerifiedAt) return this.#remind(user)
      if (user.totpEnabledAt !== null && !wanted.secondFactor) throw new SecondFactorRequiredError()
      const csrfToken = wanted.transport === 'COOKIE' ? newCsrfToken() : null
      const session = await this.#begin(user, await this.#currentHash(user, password), wanted, csrfToken)
      if (!session) continue
      if (session instanceof SecondFactorInvalidError) throw session
      const issuing = this.issueTokens({ user, session, rights: await this.#rightsOf(user) }, csrfToken)
      const [signedIn] = await Promise.all([issuing, this.deps.loginGuard.succeeded(key)])
      return signedIn
    }
    throw new InvalidCredentialsError()
  }

  /** Tokens for the current generation of a session, beside the csrfToken that it began with. */
  async issueTokens({ user, session, rights }: Account, csrfToken: string | null): Promise<SignedIn> {
    const access = await this.deps.tokens.issueAccessToken({
      userId: user.id,
      sessionId: session.id,
      role: user.role,
      sessionEndsAt: session.endsAt,
      authenticatedAt: session.authenticatedAt,
      hasSecondFactor: session.hasSecondFactor,
    })
    const refreshToken = this.deps.refreshTokens.issue(session.id, session.generation)
    return {
      user,
      session,
      rights,
      accessToken: access.token,
      accessTokenExpiresAt: access.expiresAt,
      accessTokenExpiresIn: Math.max(0, Math.ceil((access.expiresAt.getTime() - this.deps.clock().getTime()) / 1000)),
      refreshToken,
      csrfToken,
    }
  }

  /** A role that is gone permits nothing. */
  async #rightsOf({ role }: UserRow): Promise<Rights> {
    return (await this.deps.authorization.rightsOf(role)) ?? rightsOf([])
  }

  /** Null when the account has changed since the password was checked. A refused second factor is to be committed. */
  async #begin(
    user: UserWithHash,
    passwordHash: string,
    { transport, replacedCookie, secondFactor }: WantedSession,
    csrfToken: string | null,
  ): Promise<SessionRow | SecondFactorInvalidError | null> {
    const { em, users, factorCheck, sessionService, clock } = this.deps
    const hasSecondFactor = user.totpEnabledAt !== null
    return transaction(em, async () => {
      if (hasSecondFactor && !(await users.lockUnchanged(user))) return null
      const refusal = hasSecondFactor ? await factorCheck.check(user, secondFactor ?? {}, null) : null
      if (refusal) return refusal
      const lastLoginAt = clock()
      if (!(await users.touchLastLogin(user, { lastLoginAt, passwordHash }))) return null
      // First, so that it does not count for MAX_SESSIONS.
      await this.#endReplaced(replacedCookie)
      const start = { transport, csrfToken: csrfToken && storedForm(csrfToken), hasSecondFactor }
      const session = await sessionService.begin(user.id, start)
      await this.deps.activity.record({ action: ActivityAction.USER_LOGIN, userId: user.id, actorId: user.id })
      user.lastLoginAt = lastLoginAt
      return session
    })
  }

  /** By an authentic cookie of any generation; another ends nothing. */
  async #endReplaced(refreshCookie: string | null): Promise<void> {
    const claims = refreshCookie === null ? null : this.deps.refreshTokens.read(refreshCookie)
    if (claims) await this.deps.sessionService.endReplaced(claims.sessionId)
  }

  /** Commits the failure before it throws. The identifier as sent is not recorded: it may be a password. */
  async #refuse(key: string, user: UserWithHash | null, reason: Error): Promise<never> {
    await this.deps.loginGuard.failed(key)
    await transaction(this.deps.em, () =>
      this.deps.activity.record({ action: ActivityAction.USER_LOGIN_FAILED, userId: user?.id ?? null, actorId: null }),
    )
    throw reason
  }

  /** Sends the link again. Neither a success nor a failure for the login guard, and leaves no row. */
  async #remind(user: UserRow): Promise<never> {
    try {
      await this.deps.fixedLimits.consume('verify-reminder', user.id, REMINDERS.limit, REMINDERS.seconds)
      await transaction(this.deps.em, () => this.deps.mail.send('verify-email', user))
    } catch (error) {
      if (!(error instanceof RateLimitedError)) throw error
    }
    throw new EmailNotVerifiedError()
  }

  /** A new hash after a change of parameters. Called outside the transaction, because hashing is slow. */
  async #currentHash(user: UserWithHash, password: string): Promise<string> {
    const { hasher } = this.deps
    return hasher.needsRehash(user.passwordHash) ? hasher.hash(password) : user.passwordHash
  }
}

function outcomeOf(error: unknown): LoginOutcome {
  if (error instanceof RateLimitedError) return 'limited'
  if (error instanceof SecondFactorRequiredError) return 'second_factor'
  const refusals = [InvalidCredentialsError, AccountDisabledError, EmailNotVerifiedError, SecondFactorInvalidError]
  return refusals.some((refusal) => error instanceof refusal) ? 'refused' : 'fault'
}
