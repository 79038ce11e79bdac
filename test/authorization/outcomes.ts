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
  /** Of a role that is data: what a user may, and `SUPPORT`; about another account. */
  | 'support'
  /** An administrator, about another account. */
  | 'admin'

export const VIEWERS: Viewer[] = ['anonymous', 'expired', 'disabled', 'own', 'other', 'demoted', 'support', 'admin']

/** What the role `support` permits beyond the role `user`: not user:read, for one. */
export const SUPPORT = ['PROFILE_READ_ANY', 'ACTIVITY_READ_ANY', 'USER_UPDATE']

/** Programs, by the API key of an administrator. */
export type Program =
  /** A key that has every permission. */
  | 'key'
  /** A key that has profile:read alone. */
  | 'narrowKey'

export type Outcome = 'OK' | 'UNAUTHENTICATED' | 'FORBIDDEN' | 'NOT_FOUND' | 'MAIL_TOKEN_INVALID'
export type Outcomes = Record<Viewer, Outcome>

export const STRANGERS = {
  anonymous: 'UNAUTHENTICATED',
  expired: 'UNAUTHENTICATED',
  disabled: 'UNAUTHENTICATED',
} as const
export const EVERYBODY: Outcomes = everybody('OK')
/** Whoever comes is asked for the token of a mail, and has a bad one. */
export const BY_TOKEN: Outcomes = everybody('MAIL_TOKEN_INVALID')
export const SIGNED_IN: Outcomes = { ...EVERYBODY, ...STRANGERS }
export const OWN_ONLY: Outcomes = { ...everybody('NOT_FOUND'), ...STRANGERS, own: 'OK' }
export const ADMIN: Outcomes = { ...everybody('FORBIDDEN'), ...STRANGERS, admin: 'OK' }
export const ADMIN_OR_SUPPORT: Outcomes = { ...ADMIN, support: 'OK' }
export const OWN_OR_ADMIN: Outcomes = { ...ADMIN, own: 'OK' }
export const OWN_OR_ADMIN_OR_SUPPORT: Outcomes = { ...OWN_OR_ADMIN, support: 'OK' }

function everybody(outcome: Outcome): Outcomes {
  return Object.fromEntries(VIEWERS.map((viewer) => [viewer, outcome])) as Outcomes
}

/** The permissions that an API key needs, as the enum spells them, on an account that may do nothing. */
export interface KeyTerms {
  other: readonly string[]
  /** About the account that the key belongs to. */
  own?: readonly string[]
}

/** The line of a root field. */
export interface RootLine {
  gets: Outcomes
  /** Left out: no API key may call it, unless anybody may. */
  ofKeys?: KeyTerms
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
  sights: [way: Way | Document, sights: Partial<Record<Viewer | Program, Sight>>][]
  isEmptyHidden?: boolean
}

/** `FIELD` stands for the field that is asked for, `FRESH` for a name nobody has, `TILDA` for the id of an account. */
type Document = `{${string}` | `mutation ${string}`
