import { setTimeout as pause } from 'node:timers/promises'
import type { EntityManager } from '@mikro-orm/core'
import { ActivityAction } from '../activity/actions.ts'
import type { ActivityService } from '../activity/activity.service.ts'
import type { ApiKeyService } from '../api-keys/api-key.service.ts'
import type { Clock } from '../clock.ts'
import { transaction } from '../database/transaction.ts'
import { BadUserInputError, MailTokenInvalidError } from '../errors.ts'
import type { MailService } from '../mail/mail.service.ts'
import type { MailTokenService, ServingToken } from '../mail/mail-token.service.ts'
import type { PasswordHasher } from '../passwords/password-hasher.ts'
import { checkPassword } from '../passwords/password-policy.ts'
import type { SessionRepository } from '../sessions/session.repository.ts'
import { emailKey } from '../users/identity.ts'
import type { UserRepository } from '../users/user.repository.ts'
import type { ClientLimits } from './client-limits.ts'

export interface PasswordResetDependencies {
  em: EntityManager
  users: UserRepository
  sessions: SessionRepository
  apiKeys: ApiKeyService
  activity: ActivityService
  mail: MailService
  mailTokens: MailTokenService
  clientLimits: ClientLimits
  hasher: PasswordHasher
  clock: Clock
}

/** No request for a reset is answered sooner. Statements that change a row take longer than those that find none. */
const ANSWER_MS = 100

/** Sets a password by the link of a mail (ASVS 6.4.3). */
export class PasswordResetService {
  constructor(private readonly deps: PasswordResetDependencies) {}

  /**
   * Mails a link that sets a new password, 3 in an hour to one address. Unknown and disabled accounts, and those mailed
   * too often, take the same statements and the same time (ASVS 6.3.8).
   */
  async request(email: string): Promise<void> {
    await Promise.all([this.#request(emailKey(email)), pause(ANSWER_MS)])
  }

  /**
   * Sets the password, confirms the address and ends every session and API key; signs nobody in. A second factor stays
   * as it is.
   * @throws MailTokenInvalidError, before the password is looked at; BadUserInputError
   */
  async reset(presented: string, newPassword: string): Promise<{ userId: string; revokedSessions: number }> {
    const found = await this.deps.mailTokens.find(presented, 'reset-password', 'set-password')
    if (!found) throw new MailTokenInvalidError()
    const faults = checkPassword(newPassword, found.user)
    if (faults.length > 0) throw new BadUserInputError(faults.map((fault) => ({ path: 'input.newPassword', ...fault })))
    return this.#set(found, await this.deps.hasher.hash(newPassword))
  }

  async #request(key: string): Promise<void> {
    const { em, users, activity, mail, clientLimits } = this.deps
    const isInLimit = await clientLimits.isResetMailInLimit(key)
    const user = await users.findRowByEmailKey(key)
    await transaction(em, async () => {
      if (user?.isActive && isInLimit) await mail.send('reset-password', user)
      else await mail.sendToNobody('reset-password')
      const entry = { action: ActivityAction.PASSWORD_RESET_REQUESTED, userId: user?.id ?? null, actorId: null }
      await activity.record(entry)
    })
  }

  /** Of two at once with one token one wins: the account's row is locked, and the token used by a conditional update. */
  async #set({ token, user }: ServingToken, passwordHash: string) {
    const { em, users, sessions, apiKeys, activity, mail, mailTokens, clock } = this.deps
    const { id } = user
    return transaction(em, async () => {
      const now = clock()
      const emailVerifiedAt = user.emailVerifiedAt ?? now
      const changes = { passwordHash, emailVerifiedAt, pendingEmail: null, updatedAt: now }
      const isSame = await users.nativeUpdate({ id, isActive: true, emailKey: emailKey(token.email) }, changes)
      if (!isSame || !(await mailTokens.use(token))) throw new MailTokenInvalidError()
      const open = await sessions.findOpenIds(id, now)
      await sessions.deleteByUser(id)
      await apiKeys.endOfUser(id)
      await mailTokens.end(id, 'reset-password', 'set-password')
      await activity.record({ action: ActivityAction.PASSWORD_RESET, userId: id, actorId: id })
      await mail.send('password-changed', user)
      return { userId: id, revokedSessions: open.length }
    })
  }
}
