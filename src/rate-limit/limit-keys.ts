import { emailKey, usernameKey } from '../users/identity.ts'
import { addressKey } from './client-key.ts'

/** What a limit needs to know of a request. */
export interface LimitContext {
  readonly request: { readonly ipAddress: string }
  readonly viewerId: string | null
}

type LimitKey = (context: LimitContext, args: Record<string, unknown>) => string

/** Whose calls of a field are counted together. A field that is not here counts by user. */
const LIMIT_KEYS: Record<string, LimitKey> = {
  login: (context, args) => `${byAddress(context)} ${identifierOf(args)}`,
  register: byAddress,
  refresh: byAddress,
  changePassword: byUser,
  changeEmail: byUser,
  deleteProfile: byUser,
}

/** The key under which one execution of a field counts, within that field. */
export function limitKeyOf(fieldName: string, args: Record<string, unknown>, context: LimitContext): string {
  const keyOf = Object.hasOwn(LIMIT_KEYS, fieldName) ? LIMIT_KEYS[fieldName] : undefined
  return (keyOf ?? byUser)(context, args)
}

/** The canonical spelling of what somebody signs in with, so that a limit cannot be dodged by spelling. */
export function identifierKey(identifier: string): string {
  return identifier.includes('@') ? emailKey(identifier) : usernameKey(identifier)
}

function byAddress({ request }: LimitContext): string {
  return `address ${addressKey(request.ipAddress)}`
}

/** By address without a user: such a call is refused later on, and still must not be free. */
function byUser(context: LimitContext): string {
  return context.viewerId === null ? byAddress(context) : `user ${context.viewerId}`
}

function identifierOf({ input }: Record<string, unknown>): string {
  if (typeof input !== 'object' || input === null || !('identifier' in input)) return ''
  return typeof input.identifier === 'string' ? identifierKey(input.identifier) : ''
}
