import { addressKey } from './client-key.ts'

/** What a limit needs to know of a request. */
export interface LimitContext {
  readonly request: { readonly ipAddress: string }
  readonly viewerId: string | null
  readonly isMailOn: boolean
  /** The session of the refresh token that `refresh` will take; null where there is none, or it is not authentic. */
  refreshedSession(token: unknown): string | null
}

/** Executions of a field with the same key count together; null: @rateLimit does not count this one. */
export type LimitKey = (context: LimitContext, args: Record<string, unknown>) => string | null

export function byAddress({ request }: LimitContext): string {
  return `address ${addressKey(request.ipAddress)}`
}

/** By address without a viewer: authorisation refuses such a call only later, so it must count. */
export function byUser(context: LimitContext): string {
  return context.viewerId === null ? byAddress(context) : `user ${context.viewerId}`
}
