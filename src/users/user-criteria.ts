import { isRoleName } from '../authorization/permissions.ts'
import { Conditions } from '../database/conditions.ts'

export interface UserCriteria {
  search?: string | null
  role?: string | null
  isActive?: boolean | null
}

/** On the accounts that a list asks for. */
export function conditionsOf({ search, role, isActive }: UserCriteria): Conditions {
  const conditions = new Conditions()
  if (typeof role === 'string') conditions.add('role = ?', role)
  if (typeof isActive === 'boolean') conditions.add('is_active = ?', isActive)
  if (!search) return conditions
  const start = search.toLowerCase()
  // Keys are printable ASCII, so DEL stands behind every continuation: a range of the index, and nothing to escape.
  const end = `${start}\x7f`
  const either = '((username_key >= ? and username_key < ?) or (email_key >= ? and email_key < ?))'
  return conditions.add(either, start, end, start, end)
}

/**
 * No key holds anything but printable ASCII without spaces, and no role but those that exist is stored: MySQL's
 * padding (`'admin ' = 'admin'`) and collations are kept out of it.
 */
export function matchesNothing({ search, role }: UserCriteria): boolean {
  const isUnknownRole = typeof role === 'string' && !isRoleName(role)
  return isUnknownRole || (typeof search === 'string' && !/^[\x21-\x7e]*$/.test(search))
}
