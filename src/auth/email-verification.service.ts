import type { EntityManager } from '@mikro-orm/core'
import { ActivityAction } from '../activity/actions.ts'
import type { ActivityService } from '../activity/activity.service.ts'
import type { Viewer } from '../authorization/viewer.ts'
import type { Clock } from '../clock.ts'
import { transaction } from '../database/transaction.ts'
import { MailTokenInvalidError } from '../errors.ts'
import type { MailService } from '../mail/mail.service.ts'
import type { MailTokenService, ServingToken } from '../mail/mail-token.service.ts'
import { emailKey } from '../users/identity.ts'
import type { UserRepository } from '../users/user.repository.ts'
import type { ClientLimits } from './client-limits.ts'
import type { EmailChangeService } from './email-change.service.ts'

export interface EmailVerificationDependencies {
  em: EntityManager
  users: UserRepository
  emailChanges: EmailChangeService
  activity: ActivityService
  mail: MailService
  mailTokens: MailTokenService
  clientLimits: ClientLimits
  clock: Clock
}

/** A token that another request uses meanwhile is looked at once more: it may have confirmed the address. */
const MAX_ATTEMPTS = 2

/** Confirms e-mail addresses by the links of mails. */
export class EmailVerificationService {
  constructor(private readonly deps: EmailVerificationDependencies) {}

  /**
   * Mails a link for the pending address, else for the present one, else nothing.
   * @throws RateLimitedError where the pending address was mailed too often
   */
  async request({ user: { id, pendingEmail: asked } }: Viewer): Promise<void> {
    const { em, users, mail, clientLimits } = this.deps
    if (asked !== null) await clientLimits.countChangeMail(id, asked)
    await transaction(em, async () => {
      const user = (await users.lock(id)) ? await users.findRow(id) : null
      // Replaced or confirmed since it was counted: the mail of that is on its way.
      if (!user || user.pendingEmail !== asked) return
      if (user.pendingEmail !== null) await mail.send('confirm-email-change', user, { to: user.pendingEmail })
      else if (user.emailVerifiedAt === null) await mail.send('verify-email', user)
    })
  }

  /**
   * Confirms the address that the token is for, the present or the pending one, and returns it. Succeeds again while it
   * is the address and the token lives, because scanners of mails open links first.
   * @throws MailTokenInvalidError; TakenError where another account has the pending address by now
   */
  async verify(presented: string): Promise<{ userId: string; email: string }> {
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const found = await this.deps.mailTokens.find(presented, 'verify-email', 'confirm-email-change')
      if (!found) break
      const { purpose, usedAt, userId, email } = found.token
      const isPresent = purpose === 'verify-email' || usedAt !== null
      if (isPresent) await this.#confirm(found)
      if (isPresent || (await this.deps.emailChanges.confirm(found))) return { userId, email }
    }
    throw new MailTokenInvalidError()
  }

  /** Once. @throws MailTokenInvalidError where the address was changed, or the account disabled, just now */
  async #confirm({ token, user: { id, emailVerifiedAt } }: ServingToken): Promise<void> {
    if (emailVerifiedAt !== null) return
    const { em, users, activity, clock } = this.deps
    const now = clock()
    const unconfirmed = { id, isActive: true, emailKey: emailKey(token.email), emailVerifiedAt: null }
    await transaction(em, async () => {
      if (await users.nativeUpdate(unconfirmed, { emailVerifiedAt: now, updatedAt: now })) {
        await activity.record({ action: ActivityAction.EMAIL_VERIFIED, userId: id, actorId: id })
        return
      }
      // Another request with the same address may have been first.
      const user = await users.findRow(id)
      const isConfirmed = user?.isActive && user.emailVerifiedAt !== null
      if (!isConfirmed || emailKey(user.email) !== emailKey(token.email)) throw new MailTokenInvalidError()
    })
  }
}
