import { columnsOf, type StoredRow, type TableOf, toDate, toDateOrNull } from '../database/rows.ts'
import type { User } from './user.entity.ts'

export interface UserTables {
  users: TableOf<User>
}

/** What reads of an account return: not the hash, and not the canonical keys, which follow from the names. */
const PROPERTIES = [
  'id',
  'username',
  'email',
  'displayName',
  'role',
  'isActive',
  'createdAt',
  'updatedAt',
  'lastLoginAt',
  'emailVerifiedAt',
  'pendingEmail',
  'totpEnabledAt',
] as const satisfies readonly (keyof User)[]

export const USER_COLUMNS = columnsOf(PROPERTIES)

export type UserRow = Pick<User, (typeof PROPERTIES)[number]>

/** What a login reads of an account. */
export type UserWithHash = UserRow & Pick<User, 'passwordHash'>

/** In place: the driver made the row for the caller alone. */
export function toUserRow<Row extends StoredRow<UserRow>>(row: Row): Omit<Row, keyof UserRow> & UserRow {
  return Object.assign(row, {
    isActive: Boolean(row.isActive),
    createdAt: toDate(row.createdAt),
    updatedAt: toDate(row.updatedAt),
    lastLoginAt: toDateOrNull(row.lastLoginAt),
    emailVerifiedAt: toDateOrNull(row.emailVerifiedAt),
    totpEnabledAt: toDateOrNull(row.totpEnabledAt),
  })
}
