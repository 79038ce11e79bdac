import { ForbiddenError, UnauthenticatedError } from '../errors.ts'
import { Permission, ROLES } from './permissions.ts'
import { allow, deny, rule, type ShieldRule } from './shield.ts'
import type { Viewer, ViewerState } from './viewer.ts'

/** What rules may look at. They are pure and synchronous: whatever can fail has failed before them. */
export interface RuleContext {
  viewer: { state: ViewerState }
  request: { refreshCookie: string | null }
}

export const anyone: ShieldRule = allow

export const signedIn: ShieldRule = rule('signedIn', { cache: 'no_cache' })((_parent, _args, context: RuleContext) => {
  const viewer = viewerOf(context)
  return viewer instanceof Error ? viewer : true
})

/** The refresh cookie suffices for signing out, so that an expired access token does not keep anybody in. */
export const signedInOrByCookie: ShieldRule = rule('signedInOrByCookie', { cache: 'no_cache' })(
  (_parent, _args, { viewer, request }: RuleContext) => {
    if (viewer.state.kind === 'unavailable') return viewer.state.error
    return viewer.state.kind === 'signedIn' || request.refreshCookie !== null ? true : new UnauthenticatedError()
  },
)

const permissionRules = new Map(Object.values(Permission).map((permission) => [permission, holds(permission)]))

/** Signed in with a role that has this permission. */
export function permitted(permission: Permission): ShieldRule {
  return permissionRules.get(permission) ?? deny
}

/** One rule for each permission: shield refuses two of the same name. */
function holds(permission: Permission): ShieldRule {
  return rule(`holds ${permission}`, { cache: 'no_cache' })((_parent, _args, context: RuleContext) => {
    const viewer = viewerOf(context)
    if (viewer instanceof Error) return viewer
    const permissions: readonly Permission[] = ROLES[viewer.user.role].permissions
    return permissions.includes(permission) ? true : new ForbiddenError()
  })
}

/** The viewer, or why there is none. One that could not be looked up is a fault, not a stranger. */
function viewerOf({ viewer: { state } }: RuleContext): Viewer | Error {
  if (state.kind === 'unavailable') return state.error
  return state.kind === 'signedIn' ? state.viewer : new UnauthenticatedError()
}
