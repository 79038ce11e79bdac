import type { ApiKeyRow } from '../api-keys/api-key.row.ts'
import type { SessionRow } from '../sessions/session.row.ts'
import type { UserRow } from '../users/user.row.ts'
import type { Rights } from './rights.ts'

/** Who calls, as last read from the database: an account by one of its sessions, or by one of its API keys. */
export type Viewer = SessionViewer | KeyViewer

export interface SessionViewer {
  readonly user: UserRow
  /** Of the account's role. */
  readonly rights: Rights
  readonly session: SessionRow
  readonly apiKey: null
}

export interface KeyViewer {
  readonly user: UserRow
  /** What the key names, as far as the account's role permits it. */
  readonly rights: Rights
  readonly session: null
  readonly apiKey: ApiKeyRow
}

/**
 * `unavailable` keeps the fault of the look-up. Fields that need a viewer answer with it, because a fault is neither a
 * grant nor a refusal.
 */
export type ViewerState =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'signedIn'; readonly viewer: Viewer }
  | { readonly kind: 'unavailable'; readonly error: Error }

export const ANONYMOUS: ViewerState = Object.freeze({ kind: 'anonymous' })

/** Who did something, for the activity log. */
export function actorOf({ user, apiKey }: Viewer): { actorId: string; apiKeyId: string | null } {
  return { actorId: user.id, apiKeyId: apiKey?.id ?? null }
}
