import { ForbiddenError, UnauthenticatedError } from '../errors.ts'
import type { PermissionName } from './permissions.ts'
import { allow, rule, type ShieldRule } from './shield.ts'
import type { Viewer, ViewerState } from './viewer.ts'

/** Who may call a root field. The enum `Caller` of the schema is made from it. */
export enum Caller {
  ANYONE = 'ANYONE',
  SESSION = 'SESSION',
}

/** Printed as `@access`, and enforced by the rule. */
export interface Access {
  by: readonly Caller[]
  permission?: PermissionName
  rule: ShieldRule
}

/** One line for each root field. */
export interface AccessMap {
  Query?: Readonly<Record<string, Access>>
  Mutation?: Readonly<Record<string, Access>>
}

/** What rules may read. They are pure and synchronous: everything that can fail has run before. */
export interface RuleContext {
  viewer: { state: ViewerState }
  request: { refreshCookie: string | null }
  services: { authorization: { hasPermission(viewer: Viewer, permission: PermissionName): boolean } }
}

/** Signed in or not. */
export function anyone(): Access {
  return { by: [Caller.ANYONE], rule: allow }
}

/** Signed in or not; the answer depends on it. */
export function anyoneOrSession(): Access {
  return { by: [Caller.ANYONE, Caller.SESSION], rule: allow }
}

/** Signed in, with a role that has the permission if one is given. */
export function session(permission?: PermissionName): Access {
  return { by: [Caller.SESSION], permission, rule: permission === undefined ? signedIn : holds(permission) }
}

/** For logout: the refresh cookie suffices, because the access token may have expired. */
export function sessionOrCookie(): Access {
  return { by: [Caller.SESSION], rule: signedInOrByCookie }
}

const signedIn = rule('signedIn', { cache: 'no_cache' })((_parent, _args, context: RuleContext) => {
  const viewer = viewerOf(context)
  return viewer instanceof Error ? viewer : true
})

const signedInOrByCookie = rule('signedInOrByCookie', { cache: 'no_cache' })(
  (_parent, _args, { viewer, request }: RuleContext) => {
    if (viewer.state.kind === 'unavailable') return viewer.state.error
    return viewer.state.kind === 'signedIn' || request.refreshCookie !== null ? true : new UnauthenticatedError()
  },
)

const permissionRules = new Map<PermissionName, ShieldRule>()

/** Cached, because shield refuses two rules of one name. */
function holds(permission: PermissionName): ShieldRule {
  const known = permissionRules.get(permission)
  if (known) return known
  const made = rule(`holds ${permission}`, { cache: 'no_cache' })((_parent, _args, context: RuleContext) => {
    const viewer = viewerOf(context)
    if (viewer instanceof Error) return viewer
    return context.services.authorization.hasPermission(viewer, permission) ? true : new ForbiddenError()
  })
  permissionRules.set(permission, made)
  return made
}

/** The viewer, or the error without one. A failed look-up is a fault, not an anonymous viewer. */
function viewerOf({ viewer: { state } }: RuleContext): Viewer | Error {
  if (state.kind === 'unavailable') return state.error
  return state.kind === 'signedIn' ? state.viewer : new UnauthenticatedError()
}
