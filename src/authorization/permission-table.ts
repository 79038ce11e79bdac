import {
  type AddedPermission,
  BUILT_IN_ROLES,
  type BuiltInRoleName,
  isBuiltInRole,
  type OwnAndAny,
  ownAndAny,
  Permission,
  type PermissionName,
} from './permissions.ts'
import { everyRight, type Rights, rightsOf } from './rights.ts'

/** The permissions of this process, those of features included, and what built-in roles permit. */
export class PermissionTable {
  /** In the order of the enum `Permission`. */
  readonly all: readonly PermissionName[]
  readonly pairs: ReadonlyMap<PermissionName, OwnAndAny>
  readonly #enumNames: ReadonlyMap<string, string>
  readonly #builtIn: Readonly<Record<BuiltInRoleName, Rights>>
  readonly #reported = new Set<string>()

  /**
   * @param added by their name in the enum
   * @param reportUnknown called once for each permission in the database that this process does not know
   */
  constructor(
    added: Readonly<Record<string, AddedPermission>> = {},
    private readonly reportUnknown: (permission: string) => void = () => undefined,
  ) {
    const extra = Object.entries(added).map(([name, { value }]) => [value, name] as const)
    this.#enumNames = new Map<string, string>([
      ...Object.entries(Permission).map(([name, value]) => [value, name] as const),
      ...extra,
    ])
    this.all = [...this.#enumNames.keys()] as PermissionName[]
    this.pairs = ownAndAny(this.all)
    const ofUser = Object.values(added).filter(({ roles }) => roles.includes('user'))
    this.#builtIn = {
      admin: everyRight(this.all),
      user: rightsOf([...BUILT_IN_ROLES.user.permissions, ...ofUser.map(({ value }) => value)]),
    }
  }

  /**
   * What a role permits.
   * @param stored its column `permissions`; null for a built-in role, and where the role is gone, which permits nothing
   */
  rightsOf(role: string, stored: string | null): Rights {
    return isBuiltInRole(role) ? this.#builtIn[role] : rightsOf(this.read(stored))
  }

  /** The names in a column `permissions`, unknown ones included. */
  read(stored: string | null): string[] {
    const names = stored ? stored.split(' ') : []
    for (const name of names) this.#report(name)
    return names
  }

  /** For a column `permissions`: each once, in the order of the enum. */
  write(permissions: readonly PermissionName[]): string {
    return this.known(permissions).join(' ')
  }

  /** Those that this process knows, each once, in the order of the enum. */
  known(names: readonly string[]): PermissionName[] {
    const wanted = new Set(names)
    return this.all.filter((name) => wanted.has(name))
  }

  /** As the enum spells them, in its order. */
  enumNames(names: readonly string[]): string[] {
    return this.known(names).map((name) => this.#enumNames.get(name) as string)
  }

  #report(name: string): void {
    if (this.#enumNames.has(name) || this.#reported.has(name)) return
    this.#reported.add(name)
    this.reportUnknown(name)
  }
}
