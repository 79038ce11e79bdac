import { ForbiddenError, NotConfiguredError, ReauthenticationRequiredError, UnauthenticatedError } from '../errors.ts'
import type { PermissionName } from './permissions.ts'
import { allow, chain, rule, type ShieldRule } from './shield.ts'
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
  /** Whether the session must always be fresh. */
  fresh?: boolean
  rule: ShieldRule
}

/** Whether something applies to a call, by its viewer and the fields of its input. */
export type Condition = (viewer: Viewer, input: Readonly<Record<string, unknown>>) => boolean

export interface SessionTerms {
  /** When the session must be fresh: always, or by a condition, which `@access` does not print. */
  fresh?: true | Condition
  /** Refused whatever the permission. */
  forbidden?: Condition
}

/** One line for each root field. */
export interface AccessMap {
  Query?: Readonly<Record<string, Access>>
  Mutation?: Readonly<Record<string, Access>>
}

/** What rules may read. They are pure and synchronous: everything that can fail has run before. */
export interface RuleContext {
  viewer: { state: ViewerState }
  freshness: { isFresh(viewer: Viewer): boolean }
  request: { refreshCookie: string | null }
  services: {
    authorization: { hasPermission(viewer: Viewer, permission: PermissionName): boolean }
    mail: { readonly isOn: boolean }
  }
  /** REGISTRATION=open */
  isRegistrationOpen: boolean
}

/** Signed in or not. */
export function anyone(): Access {
  return { by: [Caller.ANYONE], rule: allow }
}

/** Signed in or not; the answer depends on it. */
export function anyoneOrSession(): Access {
  return { by: [Caller.ANYONE, Caller.SESSION], rule: allow }
}

/** Signed in, with a role that has the permission if one is given; then, where it is asked for, lately. */
export function session(permission?: PermissionName, terms: SessionTerms = {}): Access {
  const { fresh, forbidden } = terms
  // Without a name, because shield refuses two rules of one.
  const sessionRule = rule({ cache: 'no_cache' })((_parent, args, context: RuleContext) => {
    const viewer = viewerOf(context)
    if (viewer instanceof Error) return viewer
    const { authorization } = context.services
    if (permission !== undefined && !authorization.hasPermission(viewer, permission)) return new ForbiddenError()
    const applies = (condition: Condition) => condition(viewer, inputOf(args))
    if (forbidden && applies(forbidden)) return new ForbiddenError()
    const mustBeFresh = typeof fresh === 'function' ? applies(fresh) : fresh === true
    return mustBeFresh && !context.freshness.isFresh(viewer) ? new ReauthenticationRequiredError() : true
  })
  return { by: [Caller.SESSION], permission, fresh: fresh === true, rule: sessionRule }
}

/** For logout: the refresh cookie suffices, because the access token may have expired. */
export function sessionOrCookie(): Access {
  return { by: [Caller.SESSION], rule: signedInOrByCookie }
}

/** NOT_CONFIGURED with mail off, once the caller may come. No limit counts it: `auth/limit-keys.ts`. */
export function withMail(access: Access): Access {
  return { ...access, rule: chain(access.rule, mailIsOn) }
}

/** FORBIDDEN with REGISTRATION=closed. */
export function whileRegistrationIsOpen(access: Access): Access {
  return { ...access, rule: chain(access.rule, registrationIsOpen) }
}

const mailIsOn = rule('mailIsOn', { cache: 'no_cache' })((_parent, _args, { services }: RuleContext) =>
  services.mail.isOn ? true : new NotConfiguredError(),
)

const registrationIsOpen = rule('registrationIsOpen', { cache: 'no_cache' })(
  (_parent, _args, { isRegistrationOpen }: RuleContext) => (isRegistrationOpen ? true : new ForbiddenError()),
)

const signedInOrByCookie = rule('signedInOrByCookie', { cache: 'no_cache' })(
  (_parent, _args, { viewer, request }: RuleContext) => {
    if (viewer.state.kind === 'unavailable') return viewer.state.error
    return viewer.state.kind === 'signedIn' || request.refreshCookie !== null ? true : new UnauthenticatedError()
  },
)

/** The viewer, or the error without one. A failed look-up is a fault, not an anonymous viewer. */
function viewerOf({ viewer: { state } }: RuleContext): Viewer | Error {
  if (state.kind === 'unavailable') return state.error
  return state.kind === 'signedIn' ? state.viewer : new UnauthenticatedError()
}

function inputOf({ input }: { input?: unknown }): Record<string, unknown> {
  return typeof input === 'object' && input !== null ? { ...input } : {}
}
