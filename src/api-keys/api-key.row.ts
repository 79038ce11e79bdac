import { columnsOf, type StoredRow, toDate, toDateOrNull } from '../database/rows.ts'
import { toUserRow, type UserRow } from '../users/user.row.ts'
import type { ApiKey } from './api-key.entity.ts'

const PROPERTIES = [
  'id',
  'userId',
  'name',
  'hint',
  'permissions',
  'createdAt',
  'expiresAt',
  'lastUsedAt',
] as const satisfies readonly (keyof ApiKey)[]

export const API_KEY_COLUMNS = columnsOf(PROPERTIES)

/** What reads of a key return: not its hash. */
export type ApiKeyRow = Pick<ApiKey, (typeof PROPERTIES)[number]>

/** In place: the driver made the row for the caller alone. */
export function toApiKeyRow<Row extends StoredRow<ApiKeyRow>>(row: Row): Omit<Row, keyof ApiKeyRow> & ApiKeyRow {
  return Object.assign(row, {
    createdAt: toDate(row.createdAt),
    expiresAt: toDate(row.expiresAt),
    lastUsedAt: toDateOrNull(row.lastUsedAt),
  })
}

/** A key joined with its owner, whose columns have their own names; the key's have a prefix. */
export type ApiKeyWithUserRow = StoredRow<UserRow> & {
  keyId: string
  keyName: string
  hash: string
  hint: string
  keyPermissions: string
  keyCreatedAt: StoredRow<ApiKeyRow>['createdAt']
  expiresAt: StoredRow<ApiKeyRow>['expiresAt']
  lastUsedAt: StoredRow<ApiKeyRow>['lastUsedAt']
  /** Null for a built-in role. */
  rolePermissions: string | null
}

export interface ApiKeyWithUser {
  apiKey: ApiKeyRow
  hash: string
  user: UserRow
  rolePermissions: string | null
}

export function toApiKeyWithUser(row: ApiKeyWithUserRow): ApiKeyWithUser {
  const { keyId, keyName, hash, hint, keyPermissions, keyCreatedAt, expiresAt, lastUsedAt, rolePermissions, ...user } =
    row
  const apiKey = {
    id: keyId,
    userId: user.id,
    name: keyName,
    hint,
    permissions: keyPermissions,
    createdAt: keyCreatedAt,
    expiresAt,
    lastUsedAt,
  }
  return { apiKey: toApiKeyRow(apiKey), hash, user: toUserRow(user), rolePermissions }
}
