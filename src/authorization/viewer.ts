import type { SessionRow } from '../sessions/session.row.ts'
import type { UserRow } from '../users/user.row.ts'

/** The account and the open session of a request, as last read from the database. */
export interface Viewer {
  readonly user: UserRow
  readonly session: SessionRow
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
