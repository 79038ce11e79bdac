import { NotFoundError } from '../errors.ts'
import type { RoleRepository } from '../roles/role.repository.ts'
import type { PermissionTable } from './permission-table.ts'
import { isBuiltInRole, type PermissionName } from './permissions.ts'
import type { Rights } from './rights.ts'
import type { Viewer } from './viewer.ts'

export interface Decision {
  allowed: boolean
  /** The permission that was needed. */
  permission: PermissionName
  /** Null when allowed. */
  reason: 'UNAUTHENTICATED' | 'FORBIDDEN' | null
}

/**
 * Answers every question about rights. What is asked of a viewer is synchronous, from what was read with the viewer, so
 * that no fault becomes a grant. Who may give rights, and act on those who have more: `escalation.service.ts`.
 */
export class AuthorizationService {
  constructor(
    private readonly table: PermissionTable,
    private readonly roles: RoleRepository,
  ) {}

  /** What a role permits now, in the order of the enum. @throws NotFoundError for an unknown role */
  async permissionsOf(role: string): Promise<readonly PermissionName[]> {
    const rights = await this.rightsOf(role)
    if (!rights) throw new NotFoundError('Role')
    return this.table.known(rights.names)
  }

  /** Null for an unknown role. Built-in ones take no statement. */
  async rightsOf(role: string): Promise<Rights | null> {
    if (isBuiltInRole(role)) return this.table.rightsOf(role, null)
    const [found] = await this.roles.findByNames([role])
    return found ? this.table.rightsOf(role, found.permissions) : null
  }

  hasPermission(viewer: Viewer, permission: PermissionName): boolean {
    return viewer.rights.has(permission)
  }

  /** What the viewer may do, in the order of the enum. */
  permissionsOfViewer(viewer: Viewer): PermissionName[] {
    return this.table.known(viewer.rights.names)
  }

  /**
   * Whether the viewer may do this to a resource of `ownerId`. Own resources need the own permission, others the
   * matching `_any`; either of the pair may be given. Permissions without a pair ignore the owner.
   */
  canAccess(viewer: Viewer, ownerId: string, permission: PermissionName): boolean {
    return this.hasPermission(viewer, this.#neededFor(viewer, ownerId, permission))
  }

  /** The answer to `can`. Without a viewer, every owner is another account. */
  decide(viewer: Viewer | null, permission: PermissionName, ownerId: string | null): Decision {
    const needed = ownerId === null ? permission : this.#neededFor(viewer, ownerId, permission)
    if (!viewer) return { allowed: false, permission: needed, reason: 'UNAUTHENTICATED' }
    const allowed = this.hasPermission(viewer, needed)
    return { allowed, permission: needed, reason: allowed ? null : 'FORBIDDEN' }
  }

  #neededFor(viewer: Viewer | null, ownerId: string, permission: PermissionName): PermissionName {
    const pair = this.table.pairs.get(permission)
    if (!pair) return permission
    return viewer?.user.id === ownerId ? pair.own : pair.any
  }
}
