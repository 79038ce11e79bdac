import type { AddedPermissions } from '../added-names.ts'

/** What may be done, written resource:action; the enum `Permission` of the schema is made from it. */
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
}

export type PermissionName = Permission | (keyof AddedPermissions & string)

/** A permission that a feature brings. */
export interface AddedPermission {
  value: keyof AddedPermissions & string
  /** For the schema. */
  description: string
  /** The roles that have it from the start. */
  roles: readonly RoleName[]
}

const USER_PERMISSIONS = [
  Permission.PROFILE_READ,
  Permission.PROFILE_UPDATE,
  Permission.PROFILE_DELETE,
  Permission.ACTIVITY_READ_OWN,
] as const

/** The one table of rights. A role that is not here does not exist: it is refused at start and at every write. */
export const ROLES = {
  user: {
    description: 'Uses the service: reads, changes and deletes the own account.',
    permissions: USER_PERMISSIONS,
  },
  admin: {
    description: 'Runs the service: everything a user may, for every account.',
    permissions: Object.values(Permission),
  },
} as const satisfies Record<string, { description: string; permissions: readonly Permission[] }>

export type RoleName = keyof typeof ROLES

export const ROLE_NAMES = Object.keys(ROLES) as RoleName[]

/** `Object.hasOwn`, so that `constructor` and `__proto__` are not roles. */
export function isRoleName(value: string): value is RoleName {
  return Object.hasOwn(ROLES, value)
}

export interface Role {
  name: RoleName
  description: string
  permissions: readonly PermissionName[]
}

/** The roles with what features add to them. */
export function rolesWith(added: readonly AddedPermission[]): readonly Role[] {
  return ROLE_NAMES.map((name) => ({
    name,
    description: ROLES[name].description,
    permissions: [
      ...ROLES[name].permissions,
      ...added.filter(({ roles }) => roles.includes(name)).map(({ value }) => value),
    ],
  }))
}

/**
 * The permission on a resource of the viewer's own, and the one on everybody's: `x` or `x_own` with `x_any`.
 * Both are null for a permission that concerns no owner.
 */
export function ownAndAny(permission: PermissionName, all: readonly PermissionName[]) {
  const stem = permission.replace(/_(own|any)$/, '')
  const own = all.find((name) => name === stem || name === `${stem}_own`) ?? null
  const any = all.find((name) => name === `${stem}_any`) ?? null
  return own !== null && any !== null ? { own, any } : { own: null, any: null }
}
