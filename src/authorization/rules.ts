import { ForbiddenError, UnauthenticatedError } from '../errors.ts'
import type { PermissionName } from './permissions.ts'
import { allow, rule, type ShieldRule } from './shield.ts'
import type { Viewer, ViewerState } from './viewer.ts'

/** Who may come: the enum `Caller` of the schema is made from it. */
export enum Caller {
  ANYONE = 'ANYONE',
  SESSION = 'SESSION',
}

/** Who may call a root field: printed as `@access`, and enforced by the rule. */
export interface Access {
  by: readonly Caller[]
  permission?: PermissionName
  rule: ShieldRule
}

/** A line for each root field. */
export interface AccessMap {
  Query?: Readonly<Record<string, Access>>
  Mutation?: Readonly<Record<string, Access>>
}

/** What rules may look at. They are pure and synchronous: whatever can fail has failed before them. */
export interface RuleContext {
  viewer: { state: ViewerState }
  request: { refreshCookie: string | null }
  services: { authorization: { hasPermission(viewer: Viewer, permission: PermissionName): boolean } }
}

/** Signed in or not. */
export function anyone(): Access {
  return { by: [Caller.ANYONE], rule: allow }
}

/** Signed in or not, with an answer that depends on it. */
export function anyoneOrSession(): Access {
  return { by: [Caller.ANYONE, Caller.SESSION], rule: allow }
}

/** Signed in, and with a role that has the permission, where one is given. */
export function session(permission?: PermissionName): Access {
  return { by: [Caller.SESSION], permission, rule: permission === undefined ? signedIn : holds(permission) }
}

/** The refresh cookie suffices for signing out, so that an expired access token does not keep anybody in. */
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

/** One rule for each permission: shield refuses two of the same name. */
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

/** The viewer, or why there is none. One that could not be looked up is a fault, not a stranger. */
function viewerOf({ viewer: { state } }: RuleContext): Viewer | Error {
  if (state.kind === 'unavailable') return state.error
  return state.kind === 'signedIn' ? state.viewer : new UnauthenticatedError()
}
