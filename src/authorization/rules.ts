import { ForbiddenError, NotConfiguredError, ReauthenticationRequiredError, UnauthenticatedError } from '../errors.ts'
import type { PermissionName } from './permissions.ts'
import { allow, chain, rule, type ShieldRule } from './shield.ts'
import type { SessionViewer, Viewer, ViewerState } from './viewer.ts'

/** Who may call a root field. The enum `Caller` of the schema is made from it. */
export enum Caller {
  ANYONE = 'ANYONE',
  SESSION = 'SESSION',
  API_KEY = 'API_KEY',
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

export interface KeyTerms extends SessionTerms {
  /** A permission that an API key needs, and a session does not. */
  ofKey?: PermissionName
}

/** One line for each root field. */
export interface AccessMap {
  Query?: Readonly<Record<string, Access>>
  Mutation?: Readonly<Record<string, Access>>
}

/** What rules may read. They are pure and synchronous: everything that can fail has run before. */
export interface RuleContext {
  viewer: { state: ViewerState }
  freshness: { isFresh(viewer: SessionViewer): boolean }
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

/** Signed in or not; the answer depends on who comes. */
export function anyoneOrViewer(): Access {
  return { by: [Caller.ANYONE, Caller.SESSION, Caller.API_KEY], rule: allow }
}

/** A session, with a role that has the permission if one is given; then, where it is asked for, lately. No API key. */
export function session(permission?: PermissionName, terms: SessionTerms = {}): Access {
  return signedIn([Caller.SESSION], permission, terms)
}

/** A session or an API key that has the permission. A key is never fresh: what asks for it is FORBIDDEN. */
export function sessionOrKey(permission?: PermissionName, terms: KeyTerms = {}): Access {
  return signedIn([Caller.SESSION, Caller.API_KEY], permission, terms)
}

function signedIn(by: readonly Caller[], permission: PermissionName | undefined, terms: KeyTerms): Access {
  const { fresh, forbidden, ofKey } = terms
  // Without a name, because shield refuses two rules of one.
  const viewerRule = rule({ cache: 'no_cache' })((_parent, args, context: RuleContext) => {
    const viewer = viewerOf(context)
    if (viewer instanceof Error) return viewer
    const applies = (condition: Condition) => condition(viewer, inputOf(args))
    const needed = viewer.apiKey ? [permission, ofKey] : [permission]
    const isPermitted =
      by.includes(viewer.apiKey ? Caller.API_KEY : Caller.SESSION) &&
      needed.every((name) => name === undefined || context.services.authorization.hasPermission(viewer, name)) &&
      !(forbidden && applies(forbidden))
    if (!isPermitted) return new ForbiddenError()
    const mustBeFresh = typeof fresh === 'function' ? applies(fresh) : fresh === true
    if (!mustBeFresh) return true
    if (!viewer.session) return new ForbiddenError()
    return context.freshness.isFresh(viewer) ? true : new ReauthenticationRequiredError()
  })
  return { by, permission, fresh: fresh === true, rule: viewerRule }
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
    if (viewer.state.kind === 'signedIn') return viewer.state.viewer.session ? true : new ForbiddenError()
    return request.refreshCookie === null ? new UnauthenticatedError() : true
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
