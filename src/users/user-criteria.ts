import type { Expression, ExpressionBuilder, SqlBool } from 'kysely'
import { unindexed } from '../database/rows.ts'
import { isRoleName } from '../roles/role.rules.ts'
import type { UserTables } from './user.row.ts'

export interface UserCriteria {
  search?: string | null
  role?: string | null
  isActive?: boolean | null
}

/** The WHERE condition of a list of accounts. */
export function whereOf({ search, role, isActive }: UserCriteria) {
  return (eb: ExpressionBuilder<UserTables, 'users'>): Expression<SqlBool> => {
    const all: Expression<SqlBool>[] = []
    if (typeof role === 'string') all.push(eb(search ? unindexed<string>('role') : eb.ref('role'), '=', role))
    if (typeof isActive === 'boolean') {
      // Most accounts are active, so the index serves only those that are not.
      const column = isActive || search ? unindexed<boolean>('is_active') : eb.ref('is_active')
      all.push(eb(column, '=', isActive))
    }
    if (search) {
      const start = search.toLowerCase()
      // Keys are printable ASCII, so DEL sorts after every continuation. A range uses the index and needs no escaping.
      const end = `${start}\x7f`
      const startsWith = (key: 'username_key' | 'email_key') => eb.and([eb(key, '>=', start), eb(key, '<', end)])
      all.push(eb.or([startsWith('username_key'), startsWith('email_key')]))
    }
    return eb.and(all)
  }
}

/**
 * True for a search or a role that no account can have: keys are printable ASCII without spaces, as are roles. The database must not
 * decide this, because MySQL pads and folds when it compares (`'admin ' = 'admin'`).
 */
export function matchesNothing({ search, role }: UserCriteria): boolean {
  const isNoRole = typeof role === 'string' && !isRoleName(role)
  return isNoRole || (typeof search === 'string' && !/^[\x21-\x7e]*$/.test(search))
}
