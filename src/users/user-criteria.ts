import type { SqlEntityManager } from '@mikro-orm/mysql'
import { isRoleName, type RoleName } from '../authorization/permissions.ts'
import { rows } from '../database/rows.ts'

export interface UserCriteria {
  search?: string | null
  role?: string | null
  isActive?: boolean | null
}

/** A statement over the accounts that a list asks for. */
export function matching(em: SqlEntityManager, { search, role, isActive }: UserCriteria) {
  let query = rows(em).selectFrom('users')
  if (typeof role === 'string') query = query.where('role', '=', role as RoleName)
  if (typeof isActive === 'boolean') query = query.where('is_active', '=', isActive)
  if (!search) return query
  const start = search.toLowerCase()
  // Keys are printable ASCII, so DEL stands behind every continuation: a range of the index, and nothing to escape.
  const end = `${start}\x7f`
  return query.where((eb) =>
    eb.or([
      eb.and([eb('username_key', '>=', start), eb('username_key', '<', end)]),
      eb.and([eb('email_key', '>=', start), eb('email_key', '<', end)]),
    ]),
  )
}

/**
 * No key holds anything but printable ASCII without spaces, and no role but those that exist is stored: MySQL's
 * padding (`'admin ' = 'admin'`) and collations are kept out of it.
 */
export function matchesNothing({ search, role }: UserCriteria): boolean {
  const isUnknownRole = typeof role === 'string' && !isRoleName(role)
  return isUnknownRole || (typeof search === 'string' && !/^[\x21-\x7e]*$/.test(search))
}
