import { isRoleName, OWN_AND_ANY, type Permission, ROLE_NAMES, ROLES, type RoleName } from './permissions.ts'
import type { Viewer } from './viewer.ts'

export interface Role {
  name: RoleName
  description: string
  permissions: readonly Permission[]
}

export interface Decision {
  allowed: boolean
  /** The permission that was looked for. */
  permission: Permission
  /** Null where allowed. */
  reason: 'UNAUTHENTICATED' | 'FORBIDDEN' | null
}

const ROLE_LIST: readonly Role[] = ROLE_NAMES.map((name) => ({ name, ...ROLES[name] }))

/** Answers every question about rights from the one table; pure and synchronous, so no fault can turn into a grant. */
export class AuthorizationService {
  roles(): Role[] {
    return [...ROLE_LIST]
  }

  /** @throws Error for a role that does not exist: a fault of the data, never an empty set of rights */
  role(name: string): Role {
    const role = ROLE_LIST.find((known) => known.name === name)
    if (!role || !isRoleName(name)) throw new Error('A role in the database is not in the table of permissions.')
    return role
  }

  permissionsOf(role: string): readonly Permission[] {
    return this.role(role).permissions
  }

  hasPermission(viewer: Viewer, permission: Permission): boolean {
    return this.permissionsOf(viewer.user.role).includes(permission)
  }

  /**
   * Whether the viewer may do this to a resource of `ownerId`: the own permission suffices for own resources, those
   * of others need the matching `_any`. Either of a pair may be given. Permissions without a pair ignore the owner.
   */
  canAccess(viewer: Viewer, ownerId: string, permission: Permission): boolean {
    return this.hasPermission(viewer, neededFor(viewer, ownerId, permission))
  }

  /** The answer to `can`. Without a viewer every owner is another. */
  decide(viewer: Viewer | null, permission: Permission, ownerId: string | null): Decision {
    const needed = ownerId === null ? permission : neededFor(viewer, ownerId, permission)
    if (!viewer) return { allowed: false, permission: needed, reason: 'UNAUTHENTICATED' }
    const allowed = this.hasPermission(viewer, needed)
    return { allowed, permission: needed, reason: allowed ? null : 'FORBIDDEN' }
  }
}

function neededFor(viewer: Viewer | null, ownerId: string, permission: Permission): Permission {
  const pair = OWN_AND_ANY.find(({ own, any }) => own === permission || any === permission)
  if (!pair) return permission
  return viewer?.user.id === ownerId ? pair.own : pair.any
}
