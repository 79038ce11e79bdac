import type { RoleName } from '../authorization/permissions.ts'
import type { Viewer } from '../authorization/viewer.ts'
import type { Transport } from './session.entity.ts'

/**
 * Two tables in one row, told apart by prefix, and mapped by hand because it is read with every request. The prefixes
 * are none of the tables' aliases: MikroORM would take those off again.
 */
export const SESSION_SELECTION = [
  's.id as session_id',
  's.transport as session_transport',
  's.csrfToken as session_csrfToken',
  's.generation as session_generation',
  's.rotatedAt as session_rotatedAt',
  's.createdAt as session_createdAt',
  's.lastActiveAt as session_lastActiveAt',
  's.expiresAt as session_expiresAt',
  's.endsAt as session_endsAt',
  's.ipAddress as session_ipAddress',
  's.userAgent as session_userAgent',
] as const

export const USER_SELECTION = [
  'u.id as account_id',
  'u.username as account_username',
  'u.usernameKey as account_usernameKey',
  'u.email as account_email',
  'u.emailKey as account_emailKey',
  'u.displayName as account_displayName',
  'u.role as account_role',
  'u.isActive as account_isActive',
  'u.createdAt as account_createdAt',
  'u.updatedAt as account_updatedAt',
  'u.lastLoginAt as account_lastLoginAt',
] as const

interface ViewerRow {
  session_id: string
  session_transport: Transport
  session_csrfToken: string | null
  session_generation: number
  session_rotatedAt: Date
  session_createdAt: Date
  session_lastActiveAt: Date
  session_expiresAt: Date
  session_endsAt: Date
  session_ipAddress: string | null
  session_userAgent: string | null
  account_id: string
  account_username: string
  account_usernameKey: string
  account_email: string
  account_emailKey: string
  account_displayName: string | null
  account_role: RoleName
  account_isActive: boolean
  account_createdAt: Date
  account_updatedAt: Date
  account_lastLoginAt: Date | null
}

export function splitViewerRow(row: ViewerRow): Viewer {
  return {
    session: {
      id: row.session_id,
      userId: row.account_id,
      transport: row.session_transport,
      csrfToken: row.session_csrfToken,
      generation: row.session_generation,
      rotatedAt: toDate(row.session_rotatedAt),
      createdAt: toDate(row.session_createdAt),
      lastActiveAt: toDate(row.session_lastActiveAt),
      expiresAt: toDate(row.session_expiresAt),
      endsAt: toDate(row.session_endsAt),
      ipAddress: row.session_ipAddress,
      userAgent: row.session_userAgent,
    },
    user: {
      id: row.account_id,
      username: row.account_username,
      usernameKey: row.account_usernameKey,
      email: row.account_email,
      emailKey: row.account_emailKey,
      displayName: row.account_displayName,
      role: row.account_role,
      isActive: Boolean(row.account_isActive),
      createdAt: toDate(row.account_createdAt),
      updatedAt: toDate(row.account_updatedAt),
      lastLoginAt: row.account_lastLoginAt === null ? null : toDate(row.account_lastLoginAt),
    },
  }
}

/** Aliased columns arrive as the driver has them: text in UTC from MySQL, milliseconds from SQLite. */
function toDate(value: Date | string | number): Date {
  return typeof value === 'string' ? new Date(`${value.replace(' ', 'T')}Z`) : new Date(value)
}
