import { type OwnAndAny, ownAndAny, type PermissionName, type Role, rolesWith } from './permissions.ts'
import type { Viewer } from './viewer.ts'

export interface Decision {
  allowed: boolean
  /** The permission that was needed. */
  permission: PermissionName
  /** Null when allowed. */
  reason: 'UNAUTHENTICATED' | 'FORBIDDEN' | null
}

/** Answers every question about rights from one table. Pure and synchronous, so that no fault becomes a grant. */
export class AuthorizationService {
  readonly #pairs: ReadonlyMap<PermissionName, OwnAndAny>

  /** @param table the roles, with what features add to them */
  constructor(private readonly table: readonly Role[] = rolesWith([])) {
    this.#pairs = ownAndAny(table.flatMap(({ permissions }) => permissions))
  }

  roles(): Role[] {
    return [...this.table]
  }

  /** @throws Error for an unknown role, because it is a fault in the data and not a role without rights */
  role(name: string): Role {
    const role = this.table.find((known) => known.name === name)
    if (!role) throw new Error('A role in the database is not in the table of permissions.')
    return role
  }

  permissionsOf(role: string): readonly PermissionName[] {
    return this.role(role).permissions
  }

  hasPermission(viewer: Viewer, permission: PermissionName): boolean {
    return this.permissionsOf(viewer.user.role).includes(permission)
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
    const pair = this.#pairs.get(permission)
    if (!pair) return permission
    return viewer?.user.id === ownerId ? pair.own : pair.any
  }
}
