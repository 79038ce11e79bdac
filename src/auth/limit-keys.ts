import { byAddress, byUser, type LimitContext, type LimitKey } from '../rate-limit/limit-keys.ts'
import { emailKey, usernameKey } from '../users/identity.ts'

/** Fields that are limited by something else than the user. */
const LIMIT_KEYS: Record<string, LimitKey> = {
  login: (context, args) => `${byAddress(context)} ${identifierOf(args)}`,
  register: byAddress,
  refresh: byAddress,
}

/** The key under which one execution of a field counts, within that field. */
export function limitKeyOf(fieldName: string, args: Record<string, unknown>, context: LimitContext): string {
  const keyOf = Object.hasOwn(LIMIT_KEYS, fieldName) ? LIMIT_KEYS[fieldName] : undefined
  return (keyOf ?? byUser)(context, args)
}

/** The canonical spelling of a login identifier: other spellings of the same account must count together. */
export function identifierKey(identifier: string): string {
  return identifier.includes('@') ? emailKey(identifier) : usernameKey(identifier)
}

function identifierOf({ input }: Record<string, unknown>): string {
  if (typeof input !== 'object' || input === null || !('identifier' in input)) return ''
  return typeof input.identifier === 'string' ? identifierKey(input.identifier) : ''
}
