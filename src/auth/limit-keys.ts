import { byAddress, byUser, type LimitContext, type LimitKey } from '../rate-limit/limit-keys.ts'
import { identifierKey } from '../users/identity.ts'

/** Fields whose limit counts by something other than the user. What is null here `client-limits.ts` counts. */
const LIMIT_KEYS: Record<string, LimitKey> = {
  login: (context, args) => `${byAddress(context)} ${identifierOf(args)}`,
  register: () => null,
  refresh: bySession,
  requestEmailVerification: whereMailIsOn(byUser),
  verifyEmail: whereMailIsOn(byAddress),
  revertEmailChange: whereMailIsOn(byAddress),
  requestPasswordReset: whereMailIsOn(byAddress),
  resetPassword: whereMailIsOn(byAddress),
}

/** The key that one execution of a field counts under; null where it is not counted. Each field has a count of its own. */
export function limitKeyOf(fieldName: string, args: Record<string, unknown>, context: LimitContext): string | null {
  const keyOf = Object.hasOwn(LIMIT_KEYS, fieldName) ? LIMIT_KEYS[fieldName] : undefined
  return (keyOf ?? byUser)(context, args)
}

/** With mail off such a field is NOT_CONFIGURED, never RATE_LIMITED. */
function whereMailIsOn(keyOf: LimitKey): LimitKey {
  return (context, args) => (context.isMailOn ? keyOf(context, args) : null)
}

function bySession({ refreshedSession }: LimitContext, args: Record<string, unknown>): string | null {
  const sessionId = refreshedSession(inputOf(args).refreshToken)
  return sessionId === null ? null : `session ${sessionId}`
}

/** The canonical key, because all spellings of one account must count together. */
function identifierOf(args: Record<string, unknown>): string {
  const { identifier } = inputOf(args)
  return typeof identifier === 'string' ? identifierKey(identifier) : ''
}

function inputOf({ input }: Record<string, unknown>): Record<string, unknown> {
  return typeof input === 'object' && input !== null ? { ...input } : {}
}
