import { createHash } from 'node:crypto'
import { isIP } from 'node:net'
import { v7 } from 'uuid'
import { ActivityAction } from '../../activity/actions.ts'

/** A row of the template's tables, by column in lower case, as mysql2 returns it with dates as text. */
export type FlaskRow = Readonly<Record<string, unknown>>

/** Names under which projects made from the template keep a column, the template's own first. */
const COLUMNS = {
  username: ['username', 'user_name'],
  email: ['email', 'email_address'],
  passwordHash: ['password_hash', 'password'],
  displayName: ['display_name', 'full_name', 'name'],
  role: ['role', 'role_name'],
  isActive: ['is_active', 'active'],
  createdAt: ['created_at', 'registered_at'],
  lastLogin: ['last_login', 'last_login_at'],
  emailVerifiedAt: ['email_verified_at', 'email_confirmed_at'],
  action: ['action', 'activity_type', 'type'],
  ipAddress: ['ip_address', 'ip'],
  userAgent: ['user_agent'],
  timestamp: ['timestamp', 'created_at'],
} as const

const USER_AGENT_LENGTH = 255
const DETAILS_LENGTH = 255

/** What the template calls the actions that exist here. */
const ACTIONS: ReadonlyMap<string, ActivityAction> = new Map([
  ...Object.values(ActivityAction).map((action) => [action.toLowerCase(), action] as const),
  ...synonyms(ActivityAction.USER_REGISTERED, ['register', 'registered', 'registration', 'signup', 'user_register']),
  ...synonyms(ActivityAction.USER_LOGIN, ['login', 'logged_in', 'login_success', 'sign_in']),
  ...synonyms(ActivityAction.USER_LOGIN_FAILED, ['login_failed', 'failed_login', 'login_failure']),
  ...synonyms(ActivityAction.USER_LOGOUT, ['logout', 'logged_out', 'sign_out']),
  ...synonyms(ActivityAction.PROFILE_UPDATED, ['profile_update', 'update_profile', 'edit_profile']),
  ...synonyms(ActivityAction.PASSWORD_CHANGED, ['password_change', 'change_password']),
  ...synonyms(ActivityAction.EMAIL_CHANGED, ['email_change', 'change_email']),
  ...synonyms(ActivityAction.USER_CREATED, ['create_user']),
  ...synonyms(ActivityAction.USER_DELETED, ['delete_user']),
])

function synonyms(action: ActivityAction, names: string[]): (readonly [string, ActivityAction])[] {
  return names.map((name) => [name, action])
}

/** The names of mysql2's columns in lower case, because MySQL does not tell them apart. */
export function toFlaskRow(row: Record<string, unknown>): FlaskRow {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name.toLowerCase(), value]))
}

/**
 * An id that is the same however often a row is read, so that it is imported once. A UUIDv7 of the row's own moment.
 * @param source the name of the database
 */
export function idOf(source: string, table: 'users' | 'activities', row: FlaskRow): string {
  const moment = momentOf(row, table === 'users' ? 'createdAt' : 'timestamp')
  const digest = createHash('sha256')
    .update(JSON.stringify([source, table, String(row['id']), moment ?? null]))
    .digest()
  const msecs = moment === undefined ? 0 : Date.parse(`${moment.replace(' ', 'T')}Z`)
  return v7({ msecs: msecs >= 0 ? msecs : 0, random: digest.subarray(0, 16) })
}

/**
 * The record of an account, for `readAccount`. Roles are compared in lower case.
 * @param id by `idOf`
 */
export function accountRecordOf(id: string, row: FlaskRow): Record<string, unknown> {
  return {
    id,
    username: cellOf(row, 'username'),
    email: cellOf(row, 'email'),
    password_hash: textOf(row, 'passwordHash') || undefined,
    display_name: cellOf(row, 'displayName'),
    role: textOf(row, 'role')?.trim().toLowerCase() || undefined,
    is_active: flagOf(cellOf(row, 'isActive')),
    created_at: momentOf(row, 'createdAt'),
    last_login_at: momentOf(row, 'lastLogin'),
    email_verified_at: momentOf(row, 'emailVerifiedAt'),
  }
}

/**
 * The record of an entry, for `readActivity`. The template's own details are left out, because they name people.
 * @param userId the account here; null where the entry is about none
 */
export function activityRecordOf(source: string, row: FlaskRow, userId: string | null): Record<string, unknown> {
  const name = textOf(row, 'action')?.trim() ?? ''
  const known = ACTIONS.get(name.toLowerCase().replace(/[^a-z]+/g, '_'))
  const address = textOf(row, 'ipAddress')
  return {
    id: idOf(source, 'activities', row),
    action: known ?? ActivityAction.USER_UPDATED,
    details: known || name === '' ? null : cut(name, DETAILS_LENGTH),
    ip_address: address && isIP(address) > 0 ? address : null,
    user_agent: cut(textOf(row, 'userAgent') ?? '', USER_AGENT_LENGTH) || null,
    timestamp: momentOf(row, 'timestamp'),
    user_id: userId,
    actor_id: known === ActivityAction.USER_LOGIN_FAILED ? null : userId,
  }
}

function cellOf(row: FlaskRow, column: keyof typeof COLUMNS): unknown {
  return row[COLUMNS[column].find((name) => row[name] !== undefined) ?? '']
}

function textOf(row: FlaskRow, column: keyof typeof COLUMNS): string | undefined {
  const value = cellOf(row, column)
  return typeof value === 'string' ? value : undefined
}

/** Undefined for none and for MySQL's 0000-00-00. Times of the template are UTC. */
function momentOf(row: FlaskRow, column: keyof typeof COLUMNS): string | undefined {
  const text = textOf(row, column)
  return text === undefined || text.startsWith('0000-') ? undefined : text
}

/** BIT columns come as bytes. */
function flagOf(value: unknown): unknown {
  return Buffer.isBuffer(value) ? value[0] : value
}

function cut(text: string, length: number): string {
  return [...text.toWellFormed()].slice(0, length).join('')
}
