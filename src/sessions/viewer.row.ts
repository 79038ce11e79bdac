import type { Viewer } from '../authorization/viewer.ts'
import { rowOf } from '../database/rows.ts'
import { USER_PROPERTIES, type UserRow } from '../users/user.entity.ts'
import { SESSION_PROPERTIES, type Session } from './session.entity.ts'

/** Two tables in one row, told apart by prefix: one statement reads what every request needs. */
export const viewerRow = rowOf<ViewerRow>(
  { properties: SESSION_PROPERTIES, alias: 's', prefix: 'session_' },
  { properties: USER_PROPERTIES, alias: 'u', prefix: 'account_' },
)

type Prefixed<Prefix extends string, Row> = { [Name in keyof Row & string as `${Prefix}${Name}`]: Row[Name] }

type ViewerRow = Prefixed<'session_', Session> & Prefixed<'account_', UserRow>

export function splitViewerRow(row: ViewerRow): Viewer {
  return {
    session: {
      id: row.session_id,
      userId: row.session_userId,
      transport: row.session_transport,
      csrfToken: row.session_csrfToken,
      generation: row.session_generation,
      rotatedAt: row.session_rotatedAt,
      createdAt: row.session_createdAt,
      lastActiveAt: row.session_lastActiveAt,
      expiresAt: row.session_expiresAt,
      endsAt: row.session_endsAt,
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
      isActive: row.account_isActive,
      createdAt: row.account_createdAt,
      updatedAt: row.account_updatedAt,
      lastLoginAt: row.account_lastLoginAt,
    },
  }
}
