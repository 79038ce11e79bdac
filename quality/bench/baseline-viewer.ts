import type { CryptoKey } from 'jose'
import type { Pool, RowDataPacket } from 'mysql2/promise'
import { claimsOf } from './baseline-tokens.ts'

/** The account of an open session, as the driver returns it. */
export interface ViewerRow extends RowDataPacket {
  id: string
  username: string
  email: string
  display_name: string | null
  role: 'user' | 'admin'
  is_active: number
  created_at: string
  updated_at: string
  last_login_at: string | null
}

const FIND = `select u.id, u.username, u.email, u.display_name, u.role, u.is_active, u.created_at, u.updated_at,
  u.last_login_at from sessions s join users u on u.id = s.user_id where s.id = ? and s.ends_at > ?`

export function createViewerLookup(pool: Pool, keys: Map<string, CryptoKey>) {
  return async (authorization: string | undefined): Promise<ViewerRow | null> => {
    const claims = await claimsOf(authorization, keys)
    if (!claims) return null
    const [[viewer]] = await pool.execute<ViewerRow[]>(FIND, [claims.sid, sqlTime(new Date())])
    return viewer && viewer.is_active === 1 && viewer.id === claims.sub ? viewer : null
  }
}

export function sqlTime(moment: Date): string {
  return moment.toISOString().slice(0, -1).replace('T', ' ')
}

/** The database's text as ISO 8601. MariaDB leaves out milliseconds that are zero. */
export function isoTime<T extends string | null>(time: T): T {
  if (time === null) return time
  return `${time.replace(' ', 'T')}${time.includes('.') ? '' : '.000'}Z` as T
}
