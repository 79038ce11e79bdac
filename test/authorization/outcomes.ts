import type { Person } from '../support/story.ts'
import type { Way } from './matrix.ts'

/** Who asks. All but `anonymous` send an access token that was good when it was made. */
export type Viewer =
  /** Without credentials. */
  | 'anonymous'
  /** With an access token whose time is over. */
  | 'expired'
  /** Of an account that has been disabled. */
  | 'disabled'
  /** A user, about the own account. */
  | 'own'
  /** A user, about another account. */
  | 'other'
  /** An administrator when the token was made, a user now; about another account. */
  | 'demoted'
  /** An administrator, about another account. */
  | 'admin'

export const VIEWERS: Viewer[] = ['anonymous', 'expired', 'disabled', 'own', 'other', 'demoted', 'admin']

export type Outcome = 'OK' | 'UNAUTHENTICATED' | 'FORBIDDEN' | 'NOT_FOUND' | 'MAIL_TOKEN_INVALID'
export type Outcomes = Record<Viewer, Outcome>

export const STRANGERS = {
  anonymous: 'UNAUTHENTICATED',
  expired: 'UNAUTHENTICATED',
  disabled: 'UNAUTHENTICATED',
} as const
export const EVERYBODY: Outcomes = {
  anonymous: 'OK',
  expired: 'OK',
  disabled: 'OK',
  own: 'OK',
  other: 'OK',
  demoted: 'OK',
  admin: 'OK',
}
/** Whoever comes is asked for the token of a mail, and has a bad one. */
export const BY_TOKEN: Outcomes = {
  anonymous: 'MAIL_TOKEN_INVALID',
  expired: 'MAIL_TOKEN_INVALID',
  disabled: 'MAIL_TOKEN_INVALID',
  own: 'MAIL_TOKEN_INVALID',
  other: 'MAIL_TOKEN_INVALID',
  demoted: 'MAIL_TOKEN_INVALID',
  admin: 'MAIL_TOKEN_INVALID',
}
export const SIGNED_IN: Outcomes = { ...STRANGERS, own: 'OK', other: 'OK', demoted: 'OK', admin: 'OK' }
export const OWN_OR_ADMIN: Outcomes = { ...STRANGERS, own: 'OK', other: 'FORBIDDEN', demoted: 'FORBIDDEN', admin: 'OK' }
export const ADMIN: Outcomes = { ...STRANGERS, own: 'FORBIDDEN', other: 'FORBIDDEN', demoted: 'FORBIDDEN', admin: 'OK' }
export const OWN_ONLY: Outcomes = {
  ...STRANGERS,
  own: 'OK',
  other: 'NOT_FOUND',
  demoted: 'NOT_FOUND',
  admin: 'NOT_FOUND',
}

/** The line of a root field. */
export interface RootLine {
  gets: Outcomes
  /** Makes what the document needs and returns its id, for a subject who may; any text for others. */
  prepare?(subject: Person): Promise<string>
  /** @param subject the account that it is about: the viewer's, or another's */
  document(subject: Person, fresh: string, prepared: string): string
}

/** `HIDDEN` is null, or where a field may not be null an empty list; a code is the error of the root field on the way there. */
export type Sight = 'SHOWN' | 'HIDDEN' | 'UNAUTHENTICATED' | 'FORBIDDEN'

/** The line of a field that not everybody who sees its object may see. */
export interface DecidedLine {
  selection: string
  sights: [way: Way | Document, sights: Partial<Record<Viewer, Sight>>][]
  isEmptyHidden?: boolean
}

/** `FIELD` stands for the field that is asked for, `FRESH` for a name nobody has. */
type Document = `{${string}` | `mutation ${string}`
