/** What may be done, written resource:action. The whole vocabulary; the enum `Permission` of the schema is made from it. */
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
    permissions: [
      ...USER_PERMISSIONS,
      Permission.PROFILE_READ_ANY,
      Permission.PROFILE_UPDATE_ANY,
      Permission.PROFILE_DELETE_ANY,
      Permission.ACTIVITY_READ_ANY,
      Permission.USER_CREATE,
      Permission.USER_READ,
      Permission.USER_UPDATE,
      Permission.USER_DELETE,
    ],
  },
} as const satisfies Record<string, { description: string; permissions: readonly Permission[] }>

export type RoleName = keyof typeof ROLES

export const ROLE_NAMES = Object.keys(ROLES) as RoleName[]

/** `Object.hasOwn`, so that `constructor` and `__proto__` are not roles. */
export function isRoleName(value: string): value is RoleName {
  return Object.hasOwn(ROLES, value)
}

/**
 * Permissions on resources that have an owner: the one for own resources and the one for everybody's.
 * Permissions that are not listed concern no owner.
 */
export const OWN_AND_ANY: readonly { own: Permission; any: Permission }[] = [
  { own: Permission.PROFILE_READ, any: Permission.PROFILE_READ_ANY },
  { own: Permission.PROFILE_UPDATE, any: Permission.PROFILE_UPDATE_ANY },
  { own: Permission.PROFILE_DELETE, any: Permission.PROFILE_DELETE_ANY },
  { own: Permission.ACTIVITY_READ_OWN, any: Permission.ACTIVITY_READ_ANY },
]
