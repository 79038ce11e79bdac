import type { PermissionName } from './permissions.ts'

/**
 * What a role, or whoever calls, may do. Names that this version does not know are among them: nothing asks for them, so
 * they grant nothing, but whoever lacks them cannot hand them out.
 */
export interface Rights {
  readonly names: readonly string[]
  has(permission: PermissionName | (string & {})): boolean
}

export function rightsOf(names: readonly string[]): Rights {
  const held = new Set(names)
  return { names, has: (permission) => held.has(permission) }
}

/** Of the role `admin`: also what a later version, or a feature that is gone, has added. */
export function everyRight(names: readonly string[]): Rights {
  return { names, has: () => true }
}

/** Of an API key: what it names, as far as its owner may do it. */
export function narrowed(owner: Rights, names: readonly string[]): Rights {
  return rightsOf(names.filter((name) => owner.has(name)))
}

/** What is needed and not held. */
export function missingRights(held: Rights, needed: readonly string[]): string[] {
  return needed.filter((name) => !held.has(name))
}
