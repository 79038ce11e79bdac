/** The kinds of mail, as in the header `X-Gatehouse-Mail`. */
export const MAIL_KINDS = [
  'verify-email',
  'confirm-email-change',
  'email-changed',
  'reset-password',
  'set-password',
  'password-changed',
  'second-factor-added',
  'second-factor-removed',
  'recovery-code-used',
  'refresh-token-reused',
] as const

export type MailKind = (typeof MAIL_KINDS)[number]

export interface LinkRule {
  /** Below APP_URL. */
  path: string
  lifeSeconds: number
  /**
   * Which of several tokens of one account serve: all; the newest, which replaces those before at its commit; or all
   * until one is used, which ends the younger ones.
   */
  serving: 'all' | 'newest' | 'untilOlderIsUsed'
}

const HOUR = 3_600
const DAY = 24 * HOUR

/** The kinds whose mail has a link with a token. The kind is the purpose of the token. */
export const LINKS = {
  'verify-email': { path: '/verify-email', lifeSeconds: DAY, serving: 'all' },
  'confirm-email-change': { path: '/verify-email', lifeSeconds: DAY, serving: 'newest' },
  // Never replaced: nobody can change an address twice to end its owner's way back.
  'email-changed': { path: '/revert-email', lifeSeconds: 7 * DAY, serving: 'untilOlderIsUsed' },
  'reset-password': { path: '/reset-password', lifeSeconds: HOUR / 2, serving: 'newest' },
  'set-password': { path: '/reset-password', lifeSeconds: 7 * DAY, serving: 'newest' },
} as const satisfies Partial<Record<MailKind, LinkRule>>

/** What a token serves for. */
export type TokenPurpose = keyof typeof LINKS

export function isTokenPurpose(kind: string): kind is TokenPurpose {
  return Object.hasOwn(LINKS, kind)
}
