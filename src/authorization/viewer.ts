import type { SessionRow } from '../sessions/session.row.ts'
import type { UserRow } from '../users/user.row.ts'

/** Who is asking: the account and the open session of this request, as the database had them when it began. */
export interface Viewer {
  readonly user: UserRow
  readonly session: SessionRow
}

/**
 * What is known of the viewer. `unavailable` keeps the fault of the look-up: every field that needs a viewer
 * answers with it, so that a fault while deciding is neither a grant nor a refusal.
 */
export type ViewerState =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'signedIn'; readonly viewer: Viewer }
  | { readonly kind: 'unavailable'; readonly error: Error }

export const ANONYMOUS: ViewerState = Object.freeze({ kind: 'anonymous' })
