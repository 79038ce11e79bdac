import type { EntityManager } from '@mikro-orm/core'
import { ActivityAction } from '../activity/actions.ts'
import type { ActivityService } from '../activity/activity.service.ts'
import type { SessionViewer } from '../authorization/viewer.ts'
import type { Clock } from '../clock.ts'
import { transaction } from '../database/transaction.ts'
import { BadUserInputError, WrongCurrentPasswordError } from '../errors.ts'
import type { MailService } from '../mail/mail.service.ts'
import type { MailTokenService } from '../mail/mail-token.service.ts'
import type { PasswordHasher } from '../passwords/password-hasher.ts'
import { checkPassword } from '../passwords/password-policy.ts'
import type { SessionRepository } from '../sessions/session.repository.ts'
import type { UserRepository } from '../users/user.repository.ts'
import type { UserRow } from '../users/user.row.ts'
import type { UserService } from '../users/user.service.ts'
import type { EmailChangeService } from './email-change.service.ts'

export interface CredentialsDependencies {
  em: EntityManager
  users: UserRepository
  userService: UserService
  emailChanges: EmailChangeService
  sessions: SessionRepository
  activity: ActivityService
  mail: MailService
  mailTokens: MailTokenService
  hasher: PasswordHasher
  clock: Clock
}

/** Changes of the own account that require the current password (ASVS 6.2.3, 7.5.1). */
export class CredentialsService {
  constructor(private readonly deps: CredentialsDependencies) {}

  async changeEmail(viewer: SessionViewer, email: string, currentPassword: string): Promise<UserRow> {
    const passwordHash = await this.#checkPassword(viewer, currentPassword)
    return this.deps.emailChanges.change(viewer, email, passwordHash)
  }

  /**
   * Ends every other session (ASVS 7.4.3), and a change of address that waits. Returns how many sessions there were. The
   * session is fresh afterwards, unless the account has a second factor: only the password was given.
   */
  async changePassword(
    viewer: SessionViewer,
    currentPassword: string,
    newPassword: string,
  ): Promise<{ user: UserRow; revokedSessions: number }> {
    const faults = checkPassword(newPassword, viewer.user)
    if (faults.length > 0) throw new BadUserInputError(faults.map((fault) => ({ path: 'input.newPassword', ...fault })))
    const oldHash = await this.#checkPassword(viewer, currentPassword)
    const passwordHash = await this.deps.hasher.hash(newPassword)
    const updatedAt = this.deps.clock()
    const revokedSessions = await transaction(this.deps.em, async () => {
      const changes = { passwordHash, pendingEmail: null, updatedAt }
      if (!(await this.deps.users.updateIfHash(viewer.user.id, oldHash, changes))) throw new WrongCurrentPasswordError()
      const open = await this.deps.sessions.findOpenIds(viewer.user.id, updatedAt)
      await this.deps.sessions.deleteByUser(viewer.user.id, viewer.session.id)
      await this.#renew(viewer, updatedAt)
      const { id } = viewer.user
      await this.deps.activity.record({ action: ActivityAction.PASSWORD_CHANGED, userId: id, actorId: id })
      await this.#tellOfPassword(viewer)
      return open.filter((id) => id !== viewer.session.id).length
    })
    return { user: { ...viewer.user, pendingEmail: null, updatedAt }, revokedSessions }
  }

  /** The own profile requires the current password, another's (profile:delete_any) does not. */
  async deleteProfile(viewer: SessionViewer, userId: string, currentPassword: string | null): Promise<void> {
    if (userId === viewer.user.id) await this.#checkPassword(viewer, requirePassword(currentPassword))
    await this.deps.userService.deleteProfile(viewer, userId)
  }

  /** Returns the hash that matched: the write requires it to be unchanged. */
  async #checkPassword(viewer: SessionViewer, password: string): Promise<string> {
    const hash = await this.deps.users.findPasswordHash(viewer.user.id)
    if (!(await this.deps.hasher.verify(hash, password)) || hash === null) throw new WrongCurrentPasswordError()
    return hash
  }

  /** Any new password ends the links that set one. */
  async #tellOfPassword({ user }: SessionViewer): Promise<void> {
    if (!this.deps.mail.isOn) return
    await this.deps.mailTokens.end(user.id, 'reset-password', 'set-password')
    await this.deps.mail.send('password-changed', user)
  }

  /** Looks again, because the second factor may have been turned on since the request began. */
  async #renew({ user, session }: SessionViewer, authenticatedAt: Date): Promise<void> {
    const { users, sessions } = this.deps
    if (user.totpEnabledAt !== null || (await users.findRow(user.id))?.totpEnabledAt !== null) return
    await sessions.renewAuthentication(session.id, { authenticatedAt, hasSecondFactor: false })
  }
}

function requirePassword(password: string | null): string {
  if (password !== null) return password
  const message = 'Give the current password to delete your own account.'
  throw new BadUserInputError([{ path: 'input.currentPassword', code: 'REQUIRED', message }])
}
