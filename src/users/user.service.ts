import type { EntityManager } from '@mikro-orm/core'
import { ActivityAction } from '../activity/actions.ts'
import type { ActivityService } from '../activity/activity.service.ts'
import type { AddressClearingService } from '../activity/address-clearing.service.ts'
import type { AuthorizationService } from '../authorization/authorization.service.ts'
import type { EscalationService, Granter } from '../authorization/escalation.service.ts'
import { Permission } from '../authorization/permissions.ts'
import { actorOf, type Viewer } from '../authorization/viewer.ts'
import type { CacheService } from '../cache/cache.service.ts'
import type { Clock } from '../clock.ts'
import { transaction } from '../database/transaction.ts'
import { ForbiddenError, LastAdministratorError, NotFoundError } from '../errors.ts'
import type { MailService } from '../mail/mail.service.ts'
import { Connection, TOTAL_COUNT_SECONDS } from '../pagination/connection.ts'
import type { CursorCodec } from '../pagination/cursor.ts'
import { type PageArgs, readPage } from '../pagination/page.ts'
import { NO_PASSWORD, type PasswordHasher } from '../passwords/password-hasher.ts'
import type { SessionRepository } from '../sessions/session.repository.ts'
import {
  type AccountChanges,
  type AccountDetails,
  changedColumns,
  isSameAddress,
  type NewAccount,
  newUser,
  orConflict,
} from './account.ts'
import { emailKey, usernameKey } from './identity.ts'
import type { User } from './user.entity.ts'
import type { UserRepository, UserSorting } from './user.repository.ts'
import type { UserRow } from './user.row.ts'
import type { UserCriteria } from './user-criteria.ts'

export interface UserDependencies {
  em: EntityManager
  users: UserRepository
  sessions: SessionRepository
  activity: ActivityService
  addresses: AddressClearingService
  authorization: AuthorizationService
  escalation: EscalationService
  hasher: PasswordHasher
  clock: Clock
  cursors: CursorCodec
  totals: CacheService
  mail: MailService
}

type ProfileDetails = Pick<AccountDetails, 'username' | 'displayName'>

const LIST_KEYS: Record<UserSorting['key'], (user: UserRow) => string | Date> = {
  createdAt: ({ createdAt }) => createdAt,
  usernameKey: ({ username }) => usernameKey(username),
  emailKey: ({ email }) => emailKey(email),
}

/** Reads, creates, changes and removes accounts. Changes that require the password: `auth/credentials.service.ts`. */
export class UserService {
  constructor(private readonly deps: UserDependencies) {}

  /**
   * One account, or null for an unknown id.
   * @throws ForbiddenError for another's id without profile:read_any, known or not, so that ids cannot be probed
   */
  async find(viewer: Viewer, id: string): Promise<UserRow | null> {
    if (!this.deps.authorization.canAccess(viewer, id, Permission.PROFILE_READ)) throw new ForbiddenError()
    return id === viewer.user.id ? viewer.user : this.deps.users.findRow(id)
  }

  async list(
    viewer: Viewer,
    args: PageArgs,
    criteria: UserCriteria,
    sorting: UserSorting,
  ): Promise<Connection<UserRow>> {
    if (!this.deps.authorization.hasPermission(viewer, Permission.USER_READ)) throw new ForbiddenError()
    const name = `users/${sorting.key}/${sorting.direction}`
    const page = readPage(args, this.deps.cursors, name)
    const found = await this.deps.users.findPage(criteria, sorting, page)
    const positionOf = (user: UserRow) => ({ key: LIST_KEYS[sorting.key](user), id: user.id })
    const key = JSON.stringify(['users', criteria])
    const countRows = () => this.deps.totals.cached(key, TOTAL_COUNT_SECONDS, () => this.deps.users.countRows(criteria))
    return new Connection(found, page, { codec: this.deps.cursors, name, positionOf }, countRows)
  }

  /** For loaders. The caller checks whether the viewer may read the accounts. */
  async findByIds(ids: readonly string[]): Promise<UserRow[]> {
    return this.deps.users.findRows(ids)
  }

  async isEmpty(): Promise<boolean> {
    return this.deps.users.isEmpty()
  }

  /**
   * Creates an account and records it. The database decides on uniqueness. Its owner is mailed a link, which confirms
   * the address, or without a password sets one.
   * @param by who creates it; left out: the new account itself
   * @throws TakenError with each field that is taken
   */
  async create(account: NewAccount, action: ActivityAction, by?: Viewer): Promise<UserRow> {
    const { users, activity, mail, hasher, clock } = this.deps
    const { password } = account
    const user = newUser(account, password === null ? NO_PASSWORD : await hasher.hash(password), clock())
    await this.#write(user, async () => {
      if (by) await this.#lockAndGive(by, Permission.USER_CREATE, user.role)
      await users.insert(user)
      await activity.record({ action, userId: user.id, ...(by ? actorOf(by) : { actorId: user.id }) })
      if (!user.emailVerifiedAt) await mail.send(password === null ? 'set-password' : 'verify-email', user)
    })
    return withoutHash(user)
  }

  /** @throws BadUserInputError for an unknown role, ForbiddenError for one that permits more than the viewer may do */
  async createByAdministrator(viewer: Viewer, account: NewAccount): Promise<UserRow> {
    if (!this.deps.authorization.hasPermission(viewer, Permission.USER_CREATE)) throw new ForbiddenError()
    return this.create(account, ActivityAction.USER_CREATED, viewer)
  }

  /** Own profile, or another's with profile:update_any. */
  async updateProfile(viewer: Viewer, userId: string, details: ProfileDetails): Promise<UserRow> {
    const { authorization, users, escalation } = this.deps
    if (!authorization.canAccess(viewer, userId, Permission.PROFILE_UPDATE)) throw new ForbiddenError()
    if (userId === viewer.user.id) return this.#changeProfile(viewer, viewer.user, details)
    return transaction(this.deps.em, async () => {
      const granter = await escalation.lock(viewer, Permission.PROFILE_UPDATE_ANY)
      const user = await users.findRow(userId)
      if (!user) throw new NotFoundError('User')
      await granter.assertMay({ account: user })
      return this.#changeProfile(viewer, user, details)
    })
  }

  async #changeProfile(viewer: Viewer, before: UserRow, details: ProfileDetails): Promise<UserRow> {
    const { users, activity, clock } = this.deps
    const { id } = before
    const changes = changedColumns(before, details, clock())
    if (!changes) return before
    await this.#write(changes, async () => {
      if (!(await users.nativeUpdate({ id }, changes))) throw new NotFoundError('User')
      await activity.record({ action: ActivityAction.PROFILE_UPDATED, userId: id, ...actorOf(viewer) })
    })
    return { ...before, ...changes }
  }

  /** Changes any account, for administrators. Deactivation ends the sessions of the account. */
  async update(viewer: Viewer, userId: string, details: AccountDetails): Promise<UserRow> {
    const { em, users, activity, sessions, escalation, clock } = this.deps
    return this.#write({ id: userId, username: details.username, email: details.email }, async () => {
      const granter = await escalation.lock(viewer, Permission.USER_UPDATE)
      const user = (await users.lock(userId)) ? await users.findById(userId) : null
      if (!user) throw new NotFoundError('User')
      // Who has the address can have the password reset.
      const takesOver = details.email !== undefined
      await granter.assertMay({ account: user, takesOver, roles: details.role === undefined ? [] : [details.role] })
      const changes = changedColumns(user, details, clock())
      if (!changes) return user
      const wasAdministrator = isActiveAdministrator(user)
      const oldEmail = user.email
      users.assign(user, changes)
      await em.flush()
      if (wasAdministrator && !isActiveAdministrator(user)) await this.#keepOneAdministrator()
      if (changes.isActive === false) await sessions.deleteByUser(userId)
      await activity.record(...actionsOf(changes).map((action) => ({ action, userId, ...actorOf(viewer) })))
      await this.#tellOfAddress(user, oldEmail)
      return user
    })
  }

  async #lockAndGive(viewer: Viewer, permission: Permission, role: string): Promise<void> {
    const granter = await this.deps.escalation.lock(viewer, permission)
    await granter.assertMay({ roles: [role] })
  }

  /** Without a link to take it back: an administrator has decided. */
  async #tellOfAddress(user: UserRow, oldEmail: string): Promise<void> {
    if (isSameAddress(oldEmail, user.email)) return
    await this.deps.mail.send('verify-email', user)
    await this.deps.mail.send('email-changed', user, { to: oldEmail, withLink: false })
  }

  async deleteByAdministrator(viewer: Viewer, userId: string): Promise<void> {
    const { em, activity, escalation } = this.deps
    await transaction(em, async () => {
      await this.#remove(userId, await escalation.lock(viewer, Permission.USER_DELETE))
      await activity.record({ action: ActivityAction.USER_DELETED, userId, ...actorOf(viewer) })
    })
  }

  /** Also clears the addresses in the activity of the account, which `deleteByAdministrator` keeps. */
  async deleteProfile(viewer: Viewer, userId: string): Promise<void> {
    const { em, activity, addresses, authorization, escalation } = this.deps
    if (!authorization.canAccess(viewer, userId, Permission.PROFILE_DELETE)) throw new ForbiddenError()
    const needed = userId === viewer.user.id ? Permission.PROFILE_DELETE : Permission.PROFILE_DELETE_ANY
    await transaction(em, async () => {
      await this.#remove(userId, await escalation.lock(viewer, needed))
      await activity.record({ action: ActivityAction.PROFILE_DELETED, userId, ...actorOf(viewer) })
      await addresses.plan(userId)
    })
    await addresses.begin(userId)
  }

  /** Removes the account; the database cascades to its sessions, their values, and its keys. */
  async #remove(userId: string, granter: Granter): Promise<void> {
    const { em, users } = this.deps
    const user = await users.findById(userId)
    if (!user) throw new NotFoundError('User')
    await granter.assertMay({ account: user })
    em.remove(user)
    await em.flush()
    if (isActiveAdministrator(user)) await this.#keepOneAdministrator()
  }

  /** The answer is exact, because the caller locked the guard row first. @throws LastAdministratorError */
  async #keepOneAdministrator(): Promise<void> {
    if (!(await this.deps.users.hasActiveAdministrator())) throw new LastAdministratorError()
  }

  #write<T>(account: { id?: string; username?: string; email?: string }, work: () => Promise<T>): Promise<T> {
    const { id, username, email } = account
    return orConflict(
      () => transaction(this.deps.em, work),
      async () => {
        if (username === undefined || email === undefined) return []
        return this.deps.users.findTaken({ usernameKey: usernameKey(username), emailKey: emailKey(email) }, id)
      },
    )
  }
}

function isActiveAdministrator(user: UserRow): boolean {
  return user.role === 'admin' && user.isActive
}

/** One entry for each kind of change. */
function actionsOf(changes: AccountChanges): ActivityAction[] {
  const { role, isActive, username, email, displayName } = changes
  const isDetail = username !== undefined || email !== undefined || displayName !== undefined
  return [
    ...(role === undefined ? [] : [ActivityAction.USER_ROLE_CHANGED]),
    ...(isActive === false ? [ActivityAction.USER_DEACTIVATED] : []),
    ...(isActive === true ? [ActivityAction.USER_ACTIVATED] : []),
    ...(isDetail ? [ActivityAction.USER_UPDATED] : []),
  ]
}

function withoutHash({ passwordHash: _, ...user }: User): UserRow {
  return user
}
