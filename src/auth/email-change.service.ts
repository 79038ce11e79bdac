import type { EntityManager } from '@mikro-orm/core'
import { ActivityAction } from '../activity/actions.ts'
import type { ActivityService } from '../activity/activity.service.ts'
import type { ApiKeyService } from '../api-keys/api-key.service.ts'
import type { SessionViewer } from '../authorization/viewer.ts'
import type { Clock } from '../clock.ts'
import { transaction } from '../database/transaction.ts'
import { MailTokenInvalidError, TakenError, WrongCurrentPasswordError } from '../errors.ts'
import type { MailService } from '../mail/mail.service.ts'
import type { MailToken } from '../mail/mail-token.entity.ts'
import type { MailTokenService, ServingToken } from '../mail/mail-token.service.ts'
import { NO_PASSWORD } from '../passwords/password-hasher.ts'
import type { SecondFactorService } from '../second-factor/second-factor.service.ts'
import type { SessionRepository } from '../sessions/session.repository.ts'
import { type AccountChanges, changedColumns, isSameAddress, orConflict } from '../users/account.ts'
import { emailKey, trimIdentifier } from '../users/identity.ts'
import type { UserRepository } from '../users/user.repository.ts'
import type { UserRow } from '../users/user.row.ts'
import type { ClientLimits } from './client-limits.ts'

export interface EmailChangeDependencies {
  em: EntityManager
  users: UserRepository
  sessions: SessionRepository
  apiKeys: ApiKeyService
  secondFactors: SecondFactorService
  activity: ActivityService
  mail: MailService
  mailTokens: MailTokenService
  clientLimits: ClientLimits
  clock: Clock
}

/** A change of the own e-mail address: asked for, confirmed by the new address, taken back by the old one. */
export class EmailChangeService {
  constructor(private readonly deps: EmailChangeDependencies) {}

  /**
   * With mail the new address waits in `pendingEmail`; without, and for another spelling, it is changed at once.
   * @param passwordHash the one that was checked: it must not have changed since
   * @throws TakenError, RateLimitedError, WrongCurrentPasswordError
   */
  async change(viewer: SessionViewer, email: string, passwordHash: string): Promise<UserRow> {
    const { user } = viewer
    const changes = changedColumns(user, { email }, this.deps.clock())
    if (!changes) return this.#forgetPending(user, passwordHash)
    if (this.deps.mail.isOn && !isSameAddress(user.email, email)) return this.#request(user, email, passwordHash)
    await this.#write(user.id, changes, passwordHash, ActivityAction.EMAIL_CHANGED)
    return { ...user, ...changes }
  }

  /**
   * Makes the pending address the account's, by its token. False where the token was used, or what is pending changed,
   * since the token was found.
   * @throws TakenError where another account has the address by now
   */
  async confirm({ token, user: { id } }: ServingToken): Promise<boolean> {
    const { em, users, activity, mail, mailTokens, clock } = this.deps
    return orConflict(() =>
      transaction(em, async () => {
        // The account first, as all do that lock it and tokens.
        const user = (await users.lock(id)) ? await users.findRow(id) : null
        const isPending = user?.isActive && user.pendingEmail !== null && isSameAddress(user.pendingEmail, token.email)
        if (!user || !isPending || !(await mailTokens.use(token))) return false
        await users.nativeUpdate({ id }, confirmed(token.email, clock()))
        await activity.record({ action: ActivityAction.EMAIL_CHANGED, userId: id, actorId: id })
        await mail.send('email-changed', user)
        return true
      }),
    )
  }

  /**
   * Brings the old address back by the token in the mail to it, and ends what whoever changed it may have: sessions,
   * password, younger tokens of the same kind, a second factor and API keys added since the change. A link that sets a
   * password is mailed to the old address.
   * @throws MailTokenInvalidError; TakenError where another account has the old address by now
   */
  async revert(presented: string): Promise<{ userId: string; email: string }> {
    const { em, users, activity, mail, mailTokens, clock } = this.deps
    const found = await mailTokens.find(presented, 'email-changed')
    if (!found) throw new MailTokenInvalidError()
    const { token } = found
    const { userId, email } = token
    await orConflict(() =>
      transaction(em, async () => {
        const changes = { ...confirmed(email, clock()), passwordHash: NO_PASSWORD }
        const isActive = (await users.nativeUpdate({ id: userId, isActive: true }, changes)) > 0
        if (!isActive || !(await mailTokens.use(token))) throw new MailTokenInvalidError()
        await mailTokens.endYounger(token)
        await mailTokens.end(userId, 'set-password')
        await this.#endAccess(token)
        await activity.record({ action: ActivityAction.EMAIL_CHANGE_REVERTED, userId, actorId: null })
        await mail.send('reset-password', { id: userId, email })
      }),
    )
    return { userId, email }
  }

  /** What else whoever changed the address, at `createdAt`, may have got since. */
  async #endAccess({ userId, createdAt }: Pick<MailToken, 'userId' | 'createdAt'>): Promise<void> {
    await this.deps.sessions.deleteByUser(userId)
    await this.deps.apiKeys.endOfUser(userId, createdAt)
    await this.deps.secondFactors.removeIfAddedSince(userId, createdAt)
  }

  /** The database decides on uniqueness once the address is confirmed; the look here spares a useless mail. */
  async #request(user: UserRow, email: string, passwordHash: string): Promise<UserRow> {
    const { em, users, activity, mail, clientLimits } = this.deps
    const pendingEmail = trimIdentifier(email)
    if (await users.findRowByEmailKey(emailKey(email))) throw new TakenError('email')
    await clientLimits.countChangeMail(user.id, pendingEmail)
    await transaction(em, async () => {
      if (!(await users.updateIfHash(user.id, passwordHash, { pendingEmail }))) throw new WrongCurrentPasswordError()
      const entry = { action: ActivityAction.EMAIL_CHANGE_REQUESTED, userId: user.id, actorId: user.id }
      await activity.record(entry)
      await mail.send('confirm-email-change', user, { to: pendingEmail })
    })
    return { ...user, pendingEmail }
  }

  /** Its token ends with it, as it serves for what is pending. */
  async #forgetPending(user: UserRow, passwordHash: string): Promise<UserRow> {
    if (user.pendingEmail === null) return user
    await this.#write(user.id, { pendingEmail: null }, passwordHash)
    return { ...user, pendingEmail: null }
  }

  async #write(userId: string, changes: AccountChanges, passwordHash: string, action?: ActivityAction): Promise<void> {
    const { em, users, activity } = this.deps
    const write = async () => {
      if (!(await users.updateIfHash(userId, passwordHash, changes))) throw new WrongCurrentPasswordError()
      if (action) await activity.record({ action, userId, actorId: userId })
    }
    await orConflict(() => transaction(em, write))
  }
}

/** The columns of an address that its owner has just confirmed. */
function confirmed(email: string, now: Date): AccountChanges {
  return { email, emailKey: emailKey(email), emailVerifiedAt: now, pendingEmail: null, updatedAt: now }
}
