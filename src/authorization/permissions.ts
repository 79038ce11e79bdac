import type { AddedPermissions } from '../added-names.ts'

/** Permissions as resource:action. The enum `Permission` of the schema is made from them. */
export enum Permission {
  PROFILE_READ = 'profile:read',
  PROFILE_UPDATE = 'profile:update',
  PROFILE_DELETE = 'profile:delete',
  PROFILE_READ_ANY = 'profile:read_any',
  PROFILE_UPDATE_ANY = 'profile:update_any',
  PROFILE_DELETE_ANY = 'profile:delete_any',
  ACTIVITY_READ_OWN = 'activity:read_own',
  ACTIVITY_READ_ANY = 'activity:read_any',
  USER_CREATE = 'user:create',
  USER_READ = 'user:read',
  USER_UPDATE = 'user:update',
  USER_DELETE = 'user:delete',
  ROLE_MANAGE = 'role:manage',
  TOKEN_INTROSPECT = 'token:introspect',
}

export type PermissionName = Permission | (keyof AddedPermissions & string)

/** A permission that a feature adds. */
export interface AddedPermission {
  value: keyof AddedPermissions & string
  /** Its description in the schema. */
  description: string
  /** The built-in roles that have it; `admin` has every permission anyway. */
  roles: readonly BuiltInRoleName[]
}

/** The roles that cannot be changed. A migration inserts their rows; what they permit is decided here. */
export const BUILT_IN_ROLES = {
  admin: {
    description: 'Runs the service: everything a user may, for every account.',
    permissions: Object.values(Permission),
  },
  user: {
    description: 'Uses the service: reads, changes and deletes the own account.',
    permissions: [
      Permission.PROFILE_READ,
      Permission.PROFILE_UPDATE,
      Permission.PROFILE_DELETE,
      Permission.ACTIVITY_READ_OWN,
    ],
  },
} as const satisfies Record<string, { description: string; permissions: readonly Permission[] }>

export type BuiltInRoleName = keyof typeof BUILT_IN_ROLES

/** `Object.hasOwn`, so that `constructor` and `__proto__` are not built in. */
export function isBuiltInRole(name: string): name is BuiltInRoleName {
  return Object.hasOwn(BUILT_IN_ROLES, name)
}

/** Of a resource that has an owner: the permission on one's own, and the one on everybody's. */
export interface OwnAndAny {
  own: PermissionName
  any: PermissionName
}

/** By either of the two: `x` or `x_own`, with `x_any`. Permissions that concern no owner are not in it. */
export function ownAndAny(permissions: readonly PermissionName[]): ReadonlyMap<PermissionName, OwnAndAny> {
  const pairs = new Map<PermissionName, OwnAndAny>()
  for (const any of permissions) {
    if (!any.endsWith('_any')) continue
    const stem = any.slice(0, -'_any'.length)
    const own = permissions.find((name) => name === stem || name === `${stem}_own`)
    if (own === undefined) continue
    pairs.set(own, { own, any }).set(any, { own, any })
  }
  return pairs
}
