import type { EntityManager } from '@mikro-orm/core'
import { ActivityAction } from '../activity/actions.ts'
import type { ActivityService } from '../activity/activity.service.ts'
import type { SessionViewer } from '../authorization/viewer.ts'
import type { Clock } from '../clock.ts'
import { transaction } from '../database/transaction.ts'
import {
  SecondFactorInvalidError,
  SecondFactorRequiredError,
  UnauthenticatedError,
  WrongPasswordError,
} from '../errors.ts'
import type { PasswordHasher } from '../passwords/password-hasher.ts'
import type { FactorCheckService, GivenFactor } from '../second-factor/factor-check.service.ts'
import type { SessionRepository } from '../sessions/session.repository.ts'
import type { SessionRow } from '../sessions/session.row.ts'
import type { UserRepository } from '../users/user.repository.ts'

export interface ReauthenticationDependencies {
  em: EntityManager
  users: UserRepository
  sessions: SessionRepository
  factorCheck: FactorCheckService
  activity: ActivityService
  hasher: PasswordHasher
  clock: Clock
}

/** Makes a session fresh again (ASVS 7.5.1). */
export class ReauthenticationService {
  constructor(private readonly deps: ReauthenticationDependencies) {}

  /**
   * Asks for what a login asks for, with the same counts of failed codes. Returns the session as it now is.
   * @throws WrongPasswordError, SecondFactorRequiredError, SecondFactorInvalidError, RateLimitedError
   */
  async reauthenticate(viewer: SessionViewer, password: string, given: GivenFactor | null): Promise<SessionRow> {
    const { users, hasher } = this.deps
    const hash = await users.findPasswordHash(viewer.user.id)
    if (!(await hasher.verify(hash, password)) || hash === null) throw new WrongPasswordError()
    const renewed = await transaction(this.deps.em, () => this.#renew(viewer, hash, given))
    if (renewed instanceof SecondFactorInvalidError) throw renewed
    return renewed
  }

  /** A refused second factor is returned, so that its count is committed. */
  async #renew(
    { user: { id }, session }: SessionViewer,
    hash: string,
    given: GivenFactor | null,
  ): Promise<SessionRow | SecondFactorInvalidError> {
    const { users, sessions, factorCheck, activity, clock } = this.deps
    if (!(await users.lockIfHash(id, hash))) throw new WrongPasswordError()
    const user = await users.findRow(id)
    if (!user) throw new UnauthenticatedError()
    const hasSecondFactor = user.totpEnabledAt !== null
    if (hasSecondFactor && !given) throw new SecondFactorRequiredError()
    const refusal = hasSecondFactor && given ? await factorCheck.check(user, given, id) : null
    if (refusal) return refusal
    const authentication = { authenticatedAt: clock(), hasSecondFactor }
    if (!(await sessions.renewAuthentication(session.id, authentication))) throw new UnauthenticatedError()
    await activity.record({ action: ActivityAction.REAUTHENTICATED, userId: id, actorId: id })
    return { ...session, ...authentication }
  }
}
