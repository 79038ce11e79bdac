import { byAddress, byUser, type LimitContext, type LimitKey } from '../rate-limit/limit-keys.ts'
import { identifierKey } from '../users/identity.ts'

/** Fields whose limit counts by something other than the user. */
const LIMIT_KEYS: Record<string, LimitKey> = {
  login: (context, args) => `${byAddress(context)} ${identifierOf(args)}`,
  register: byAddress,
  refresh: byAddress,
}

/** The key that one execution of a field counts under. Each field has a count of its own. */
export function limitKeyOf(fieldName: string, args: Record<string, unknown>, context: LimitContext): string {
  const keyOf = Object.hasOwn(LIMIT_KEYS, fieldName) ? LIMIT_KEYS[fieldName] : undefined
  return (keyOf ?? byUser)(context, args)
}

/** The canonical key, because all spellings of one account must count together. */
function identifierOf({ input }: Record<string, unknown>): string {
  if (typeof input !== 'object' || input === null || !('identifier' in input)) return ''
  return typeof input.identifier === 'string' ? identifierKey(input.identifier) : ''
}
