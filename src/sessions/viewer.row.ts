import type { Viewer } from '../authorization/viewer.ts'
import type { Stored } from '../database/row-values.ts'
import { columnList, type ListedColumns } from '../database/tables.ts'
import { USER_PROPERTIES, type UserRow } from '../users/user.entity.ts'
import { FAMILY_PROPERTIES, SESSION_PROPERTIES, type Session, type SessionRow } from './session.entity.ts'

/** An open session with its account. Two tables in one row, told apart by prefix. */
const ACCOUNT: ListedColumns = { properties: USER_PROPERTIES, alias: 'u', prefix: 'account_' }
const SESSION: ListedColumns = { properties: SESSION_PROPERTIES, alias: 's', prefix: 'session_' }
const FAMILY: ListedColumns = { properties: FAMILY_PROPERTIES, alias: 's', prefix: 'session_' }

const FROM = 'from sessions as s join users as u on u.id = s.user_id where s.id = ? and s.ends_at > ?'

/** By the session's id, and the moment at which it is open: for every request. */
export const FIND_VIEWER = `select ${columnList(ACCOUNT, SESSION)} ${FROM}`

/** The same with what a refresh token is checked against. */
export const FIND_FAMILY = `select ${columnList(ACCOUNT, SESSION, FAMILY)} ${FROM}`

/** The viewer of a refresh token. */
export interface Family extends Viewer {
  readonly session: Stored<Omit<Session, 'userId'>>
}

type Prefixed<Prefix extends string, Row> = { [Name in keyof Row & string as `${Prefix}${Name}`]: Row[Name] }

export type ViewerRow = Prefixed<'account_', UserRow> & Prefixed<'session_', SessionRow>

export type FamilyRow = ViewerRow & Prefixed<'session_', Stored<Pick<Session, (typeof FAMILY_PROPERTIES)[number]>>>

export function viewerOf(row: ViewerRow): Viewer {
  return {
    user: {
      id: row.account_id,
      username: row.account_username,
      email: row.account_email,
      displayName: row.account_displayName,
      role: row.account_role,
      isActive: row.account_isActive,
      createdAt: row.account_createdAt,
      updatedAt: row.account_updatedAt,
      lastLoginAt: row.account_lastLoginAt,
    },
    session: {
      id: row.session_id,
      transport: row.session_transport,
      createdAt: row.session_createdAt,
      lastActiveAt: row.session_lastActiveAt,
      expiresAt: row.session_expiresAt,
      ipAddress: row.session_ipAddress,
      userAgent: row.session_userAgent,
    },
  }
}

export function familyOf(row: FamilyRow): Family {
  const { user, session } = viewerOf(row)
  return {
    user,
    session: {
      ...session,
      csrfToken: row.session_csrfToken,
      generation: row.session_generation,
      rotatedAt: row.session_rotatedAt,
      endsAt: row.session_endsAt,
    },
  }
}
