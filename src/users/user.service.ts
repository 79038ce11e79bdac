import { ActivityAction } from '../activity/actions.ts'
import type { ActivityService } from '../activity/activity.service.ts'
import type { AuthorizationService } from '../authorization/authorization.service.ts'
import { Permission, type RoleName } from '../authorization/permissions.ts'
import type { Viewer } from '../authorization/viewer.ts'
import type { Clock } from '../clock.ts'
import type { Database } from '../database/database.ts'
import { ConflictError, ForbiddenError, NotFoundError } from '../errors.ts'
import { Connection } from '../pagination/connection.ts'
import type { CursorCodec } from '../pagination/cursor.ts'
import { type PageArgs, readPage } from '../pagination/page.ts'
import type { SessionRepository } from '../sessions/session.repository.ts'
import { type AccountDetails, changedColumns, newUser, onConflict } from './account.ts'
import type { User, UserRow } from './user.entity.ts'
import type { ListedUser, UserRepository, UserSorting } from './user.repository.ts'
import type { UserCriteria } from './user-criteria.ts'

export interface UserDependencies {
  database: Database
  repository: UserRepository
  sessions: SessionRepository
  activity: ActivityService
  authorization: AuthorizationService
  hasher: { hash(password: string): Promise<string> }
  clock: Clock
  cursors: CursorCodec
  /** Counts of the same criteria may be shared for a few seconds. */
  cachedCount: (key: string, count: () => Promise<number>) => Promise<number>
}

export interface NewAccount {
  username: string
  email: string
  password: string
  displayName?: string | null
  role: RoleName
  isActive: boolean
}

/** Accounts: reading, making, changing and removing them. What asks for a password again is in `auth/`. */
export class UserService {
  constructor(private readonly deps: UserDependencies) {}

  /**
   * One account, or null for an unknown id.
   * @throws ForbiddenError for another's id without profile:read_any, known or not, so that ids cannot be probed
   */
  async find(viewer: Viewer, id: string): Promise<UserRow | null> {
    if (!this.deps.authorization.canAccess(viewer, id, Permission.PROFILE_READ)) throw new ForbiddenError()
    return id === viewer.user.id ? viewer.user : this.deps.repository.findById(id)
  }

  async list(
    viewer: Viewer,
    args: PageArgs,
    criteria: UserCriteria,
    sorting: UserSorting,
  ): Promise<Connection<ListedUser>> {
    if (!this.deps.authorization.hasPermission(viewer, Permission.USER_READ)) throw new ForbiddenError()
    const name = `users/${sorting.key}/${sorting.direction}`
    const page = readPage(args, this.deps.cursors, name)
    const found = await this.deps.repository.findPage(criteria, sorting, page)
    const keyOf = (user: ListedUser) => (sorting.key === 'createdAt' ? new Date(user.createdAt) : user[sorting.key])
    const positionOf = (user: ListedUser) => ({ key: keyOf(user), id: user.id })
    const key = JSON.stringify(['users', criteria])
    const countTotal = () => this.deps.cachedCount(key, () => this.deps.repository.count(criteria))
    return new Connection(found, page, { codec: this.deps.cursors, name, positionOf }, countTotal)
  }

  /** For loaders: whether the viewer may read them is the caller's question. */
  async findByIds(ids: readonly string[]): Promise<UserRow[]> {
    return this.deps.repository.findByIds(ids)
  }

  async isEmpty(): Promise<boolean> {
    return this.deps.repository.isEmpty()
  }

  /**
   * Makes an account and records it. Uniqueness is the database's decision.
   * @param actorId who makes it; left out: the new user itself
   * @throws ConflictError with the field that is taken; `username` where both are
   */
  async create(account: NewAccount, action: ActivityAction, actorId?: string): Promise<UserRow> {
    const { repository, activity, hasher, clock } = this.deps
    const user = newUser(account, await hasher.hash(account.password), clock())
    await this.#write(user, async () => {
      await repository.insert(user)
      await activity.record({ action, userId: user.id, actorId: actorId ?? user.id })
    })
    return withoutHash(user)
  }

  async createByAdministrator(viewer: Viewer, account: NewAccount): Promise<UserRow> {
    if (!this.deps.authorization.hasPermission(viewer, Permission.USER_CREATE)) throw new ForbiddenError()
    return this.create(account, ActivityAction.USER_CREATED, viewer.user.id)
  }

  /** Own profile, or another's with profile:update_any. */
  async updateProfile(
    viewer: Viewer,
    userId: string,
    details: Pick<AccountDetails, 'username' | 'displayName'>,
  ): Promise<UserRow> {
    const { authorization, repository, activity, clock } = this.deps
    if (!authorization.canAccess(viewer, userId, Permission.PROFILE_UPDATE)) throw new ForbiddenError()
    const before = userId === viewer.user.id ? viewer.user : await repository.findById(userId)
    if (!before) throw new NotFoundError('User')
    const changes = changedColumns(before, details, clock())
    if (!changes) return before
    await this.#write(changes, async () => {
      if (!(await repository.update(userId, changes))) throw new NotFoundError('User')
      await activity.record({ action: ActivityAction.PROFILE_UPDATED, userId, actorId: viewer.user.id })
    })
    return { ...before, ...changes }
  }

  /** Any part of any account, by an administrator. Deactivation ends the sessions of the account. */
  async update(viewer: Viewer, userId: string, details: AccountDetails): Promise<UserRow> {
    const { authorization, repository, activity, sessions, clock } = this.deps
    if (!authorization.hasPermission(viewer, Permission.USER_UPDATE)) throw new ForbiddenError()
    const mayRemoveAdministrator =
      details.isActive === false || (details.role !== undefined && details.role !== 'admin')
    return this.#write({ id: userId, username: details.username }, async () => {
      if (mayRemoveAdministrator) await repository.lockAdministrators()
      const before = (await repository.lock(userId)) ? await repository.findById(userId) : null
      if (!before) throw new NotFoundError('User')
      const changes = changedColumns(before, details, clock())
      if (!changes) return before
      await repository.update(userId, changes)
      await this.#keepOneAdministrator(before, { ...before, ...changes })
      if (changes.isActive === false) await sessions.deleteByUser(userId)
      const actions = actionsOf(changes)
      await activity.record(...actions.map((action) => ({ action, userId, actorId: viewer.user.id })))
      return { ...before, ...changes }
    })
  }

  async deleteByAdministrator(viewer: Viewer, userId: string): Promise<void> {
    if (!this.deps.authorization.hasPermission(viewer, Permission.USER_DELETE)) throw new ForbiddenError()
    await this.deps.database.inTransaction(async () => {
      await this.#remove(userId)
      await this.deps.activity.record({ action: ActivityAction.USER_DELETED, userId, actorId: viewer.user.id })
    })
  }

  /** As `deleteByAdministrator`, and clears the addresses in the activity of the account. */
  async deleteProfile(viewer: Viewer, userId: string): Promise<void> {
    if (!this.deps.authorization.canAccess(viewer, userId, Permission.PROFILE_DELETE)) throw new ForbiddenError()
    await this.deps.database.inTransaction(async () => {
      await this.#remove(userId)
      await this.deps.activity.record({ action: ActivityAction.PROFILE_DELETED, userId, actorId: viewer.user.id })
      await this.deps.activity.clearAddresses(userId)
    })
  }

  /** The account and, by the database's cascade, its sessions and their values. */
  async #remove(userId: string): Promise<void> {
    await this.deps.repository.lockAdministrators()
    const user = await this.deps.repository.findById(userId)
    if (!user || !(await this.deps.repository.delete(userId))) throw new NotFoundError('User')
    await this.#keepOneAdministrator(user, null)
  }

  /** @throws ConflictError, which rolls the transaction back; its guard row was locked before anything was read */
  async #keepOneAdministrator(before: UserRow, after: UserRow | null): Promise<void> {
    if (!isActiveAdministrator(before) || (after && isActiveAdministrator(after))) return
    if ((await this.deps.repository.countActive('admin')) === 0) throw new ConflictError()
  }

  #write<T>(names: { id?: string; username?: string }, work: () => Promise<T>): Promise<T> {
    return onConflict(
      () => this.deps.database.inTransaction(work),
      names,
      (key) => this.deps.repository.isUsernameTaken(key, names.id),
    )
  }
}

function isActiveAdministrator(user: UserRow): boolean {
  return user.role === 'admin' && user.isActive
}

/** One entry per kind of change. */
function actionsOf(changes: Partial<User>): ActivityAction[] {
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
