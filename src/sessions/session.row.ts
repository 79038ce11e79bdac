import { columnsOf, type StoredRow, toDate } from '../database/rows.ts'
import { toUserRow, type UserRow } from '../users/user.row.ts'
import type { Session } from './session.entity.ts'

const PROPERTIES = [
  'id',
  'userId',
  'transport',
  'csrfToken',
  'generation',
  'rotatedAt',
  'createdAt',
  'lastActiveAt',
  'expiresAt',
  'endsAt',
  'ipAddress',
  'userAgent',
  'authenticatedAt',
  'hasSecondFactor',
] as const satisfies readonly (keyof Session)[]

export const SESSION_COLUMNS = columnsOf(PROPERTIES)

type SelectedSession = Pick<Session, (typeof PROPERTIES)[number]>

export type SessionRow = SelectedSession & { authenticatedAt: Date }

/** In place: the driver made the row for the caller alone. */
export function toSessionRow(row: StoredRow<SelectedSession>): SessionRow {
  return Object.assign(row, {
    rotatedAt: toDate(row.rotatedAt),
    createdAt: toDate(row.createdAt),
    lastActiveAt: toDate(row.lastActiveAt),
    expiresAt: toDate(row.expiresAt),
    endsAt: toDate(row.endsAt),
    authenticatedAt: toDate(row.authenticatedAt ?? row.createdAt),
    hasSecondFactor: Boolean(row.hasSecondFactor),
  })
}

/** A session joined with its account. `createdAt` is the session's, so the account's has a prefix. */
export type SessionWithUserRow = StoredRow<SelectedSession> &
  StoredRow<Omit<UserRow, 'id' | 'createdAt'>> & {
    userCreatedAt: StoredRow<UserRow>['createdAt']
    rolePermissions: string | null
  }

export interface SessionWithUser {
  session: SessionRow
  user: UserRow
  /** `PermissionTable.rightsOf` reads it, with the role. */
  rolePermissions: string | null
}

export function toSessionWithUser(row: SessionWithUserRow): SessionWithUser {
  const {
    username,
    email,
    displayName,
    role,
    isActive,
    userCreatedAt,
    updatedAt,
    lastLoginAt,
    emailVerifiedAt,
    pendingEmail,
    totpEnabledAt,
    rolePermissions,
    ...session
  } = row
  const user = {
    id: row.userId,
    username,
    email,
    displayName,
    role,
    isActive,
    createdAt: userCreatedAt,
    updatedAt,
    lastLoginAt,
    emailVerifiedAt,
    pendingEmail,
    totpEnabledAt,
  }
  return { session: toSessionRow(session), user: toUserRow(user), rolePermissions }
}
