import type { EntityManager } from '@mikro-orm/core'
import { ActivityAction } from '../activity/actions.ts'
import type { ActivityService } from '../activity/activity.service.ts'
import { type EscalationService, UNKNOWN_ROLE } from '../authorization/escalation.service.ts'
import type { PermissionTable } from '../authorization/permission-table.ts'
import { BUILT_IN_ROLES, isBuiltInRole, Permission, type PermissionName } from '../authorization/permissions.ts'
import { actorOf, type Viewer } from '../authorization/viewer.ts'
import type { Clock } from '../clock.ts'
import { transaction } from '../database/transaction.ts'
import { BadUserInputError, ConflictError, type FieldFault, NotFoundError, TakenError } from '../errors.ts'
import { plainTextOf } from '../plain-text.ts'
import type { UserRepository } from '../users/user.repository.ts'
import type { RoleRepository, RoleRow } from './role.repository.ts'
import { isRoleName } from './role.rules.ts'

export interface RoleDependencies {
  em: EntityManager
  roles: RoleRepository
  users: UserRepository
  activity: ActivityService
  escalation: EscalationService
  table: PermissionTable
  clock: Clock
}

/** A role as readers see it. */
export interface RoleView {
  name: string
  description: string | null
  /** In the order of the enum. */
  permissions: readonly PermissionName[]
  isBuiltIn: boolean
}

/** What of a role can be changed; undefined leaves it as it is. */
export interface RoleDetails {
  description?: string | null
  permissions?: readonly PermissionName[]
}

const MAX_ROLES = 100
/** Accounts that one statement moves to another role. */
const BATCH = 1000

/** Roles as data. Each change locks all rights, and acts on the next request of all who have the role. */
export class RoleService {
  constructor(private readonly deps: RoleDependencies) {}

  /** `admin` and `user`, then the others by code point. */
  async list(): Promise<RoleView[]> {
    const others = (await this.deps.roles.findRows()).filter(({ name }) => !isBuiltInRole(name))
    const byName = others.toSorted((one, other) => (one.name < other.name ? -1 : 1))
    return [...Object.keys(BUILT_IN_ROLES).map((name) => this.#view(builtIn(name))), ...byName.map(this.#view)]
  }

  /** In no order; unknown ones are left out. Built-in ones take no statement. */
  async findByNames(names: readonly string[]): Promise<RoleView[]> {
    const others = names.filter((name) => !isBuiltInRole(name) && isRoleName(name))
    return [...names.filter(isBuiltInRole).map(builtIn), ...(await this.deps.roles.findByNames(others))].map(this.#view)
  }

  /** Of an input that names a role; null is left to the rules of its field. */
  async faultsOf(role: string | null | undefined): Promise<FieldFault[]> {
    if (role === undefined || role === null || (await this.findByNames([role])).length > 0) return []
    return [UNKNOWN_ROLE]
  }

  async countUsers(names: readonly string[]): Promise<number[]> {
    const counts = await this.deps.roles.countUsers(names)
    return names.map((name) => counts.get(name) ?? 0)
  }

  /** @throws ForbiddenError for more than the viewer may do, TakenError, ConflictError for more than 100 roles */
  async create(viewer: Viewer, name: string, details: RoleDetails): Promise<RoleView> {
    const { em, roles, escalation, table } = this.deps
    const { description = null, permissions = [] } = details
    const role = { name, description: plainTextOf(description), permissions: table.write(permissions) }
    return transaction(em, async () => {
      const granter = await escalation.lock(viewer, Permission.ROLE_MANAGE)
      await granter.assertMay({ permissions })
      const rows = await roles.findRows()
      if (rows.some((other) => other.name === name)) throw new TakenError('name')
      if (rows.length >= MAX_ROLES) throw new ConflictError(`There are ${MAX_ROLES} roles, as many as there may be.`)
      await roles.insert(role)
      await this.#record(ActivityAction.ROLE_CREATED, name, viewer)
      return this.#view(role)
    })
  }

  /** @throws NotFoundError, ForbiddenError for more than the viewer may do, ConflictError for a built-in role */
  async update(viewer: Viewer, name: string, details: RoleDetails): Promise<RoleView> {
    const { em, roles, escalation } = this.deps
    return transaction(em, async () => {
      const granter = await escalation.lock(viewer, Permission.ROLE_MANAGE)
      const before = await this.#get(name)
      await granter.assertMay({ roles: [name], permissions: details.permissions ?? [] })
      const changes = this.#changesOf(before, details)
      if (!changes) return this.#view(before)
      if (isBuiltInRole(name)) throw new ConflictError('A built-in role cannot be changed.')
      await roles.change(name, changes)
      await this.#record(ActivityAction.ROLE_UPDATED, name, viewer)
      return this.#view({ ...before, ...changes })
    })
  }

  /**
   * Removes a role; accounts that have it get another. Returns how many. More than a batch of them move in transactions of
   * their own, so that nobody who waits for the lock of all rights waits for all of them; what has moved stays.
   * @throws NotFoundError, ForbiddenError where either permits more than the viewer may do, ConflictError
   */
  async delete(viewer: Viewer, name: string, moveTo: string | null): Promise<number> {
    if (moveTo === name) throw new BadUserInputError([MOVES_TO_ITSELF])
    for (let total = 0; ; ) {
      const { moved, isRemoved } = await transaction(this.deps.em, () => this.#deleteStep(viewer, name, moveTo))
      total += moved
      if (isRemoved) return total
    }
  }

  /** Moves a batch of accounts, and removes the role where none is left. */
  async #deleteStep(viewer: Viewer, name: string, moveTo: string | null) {
    const { roles, users, escalation, clock } = this.deps
    const granter = await escalation.lock(viewer, Permission.ROLE_MANAGE)
    const named = moveTo === null ? [name] : [name, moveTo]
    for (const role of named) await this.#get(role)
    await granter.assertMay({ roles: named })
    if (isBuiltInRole(name)) throw new ConflictError('A built-in role cannot be removed.')
    const ids = await users.findIdsOfRole(name, BATCH)
    if (ids.length > 0 && moveTo === null) throw new ConflictError('Accounts have this role: name another in moveTo.')
    if (moveTo !== null) await users.changeRole(ids, moveTo, clock())
    const isRemoved = ids.length < BATCH
    if (isRemoved) {
      await roles.remove(name)
      await this.#record(ActivityAction.ROLE_DELETED, name, viewer)
    }
    return { moved: ids.length, isRemoved }
  }

  async #get(name: string): Promise<RoleRow> {
    const found = isBuiltInRole(name)
      ? builtIn(name)
      : isRoleName(name) && (await this.deps.roles.findByNames([name]))[0]
    if (!found) throw new NotFoundError('Role')
    return found
  }

  /** The columns that differ; null when none does. */
  #changesOf(before: RoleRow, details: RoleDetails): Partial<RoleRow> | null {
    const { table } = this.deps
    const description = details.description === undefined ? before.description : plainTextOf(details.description)
    const held = table.rightsOf(before.name, before.permissions).names
    const permissions = details.permissions === undefined ? before.permissions : table.write(details.permissions)
    const isSame = details.permissions === undefined || permissions === held.join(' ')
    if (isSame && description === before.description) return null
    return { description, ...(!isSame && { permissions }) }
  }

  readonly #view = ({ name, description, permissions }: RoleRow): RoleView => {
    const { table } = this.deps
    const { names } = table.rightsOf(name, permissions)
    return { name, description, permissions: table.known(names), isBuiltIn: isBuiltInRole(name) }
  }

  async #record(action: ActivityAction, details: string, viewer: Viewer): Promise<void> {
    await this.deps.activity.record({ action, userId: null, ...actorOf(viewer), details })
  }
}

const MOVES_TO_ITSELF = {
  path: 'input.moveTo',
  code: 'INVALID',
  message: 'Accounts cannot be moved to the role that is removed.',
} as const

function builtIn(name: string): RoleRow {
  return { name, description: BUILT_IN_ROLES[name as keyof typeof BUILT_IN_ROLES].description, permissions: null }
}
