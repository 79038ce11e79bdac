import type { ViewerHolder } from '../authorization/viewer-holder.ts'
import { RefreshTokenInvalidError, RefreshTokenReusedError } from '../errors.ts'
import type { RequestInfo } from '../graphql/request-info.ts'
import type { SignedIn } from './auth.service.ts'
import type { AuthPayload } from './auth.types.ts'
import { type PresentedToken, type RefreshService, WrongChannelError } from './refresh.service.ts'

const NO_TOKEN =
  'Neither a refresh token nor a refresh cookie came. A browser sends the cookie to the same site alone, and over https where COOKIE_SECURE is on.'
const TWO_TOKENS = 'A refresh token and a refresh cookie came together. A session has one of them.'

interface TransportContext {
  request: RequestInfo
  viewer: ViewerHolder
}

/** Delivers tokens by the transport of their session: in the answer, or as cookies. */
export function deliver(signedIn: SignedIn, { request, viewer }: TransportContext): AuthPayload {
  const { session, refreshToken, csrfToken } = signedIn
  viewer.signInAs(signedIn)
  if (csrfToken === null) return signedIn
  request.setSessionCookies({ refreshToken, csrfToken, expiresAt: session.endsAt })
  return { ...signedIn, refreshToken: null }
}

/**
 * The refresh token of a request: from the input, else from the cookie. Null with neither, and with both, since a session
 * has exactly one transport.
 */
export function tokenToRefresh(token: string | null, request: RequestInfo): PresentedToken | null {
  const cookie = presentedCookie(request)
  if (token === null) return cookie
  return cookie ? null : { transport: 'BODY', token }
}

/** Trades the refresh token of a request for the next pair. @throws what RefreshService.refresh throws */
export async function refreshBy(
  token: string | null,
  context: TransportContext,
  service: Pick<RefreshService, 'refresh'>,
): Promise<SignedIn> {
  const presented = tokenToRefresh(token, context.request)
  if (!presented) throw new RefreshTokenInvalidError(token === null ? NO_TOKEN : TWO_TOKENS)
  return forgetCookies(context, presented, service.refresh(presented))
}

export function presentedCookie({ refreshCookie, csrfToken, originFault }: RequestInfo): PresentedToken | null {
  return refreshCookie === null ? null : { transport: 'COOKIE', token: refreshCookie, csrfToken, originFault }
}

/** Clears the session cookies when the work finds their token invalid. */
export async function forgetCookies<T>(
  { request }: TransportContext,
  presented: PresentedToken | null,
  work: Promise<T>,
): Promise<T> {
  try {
    return await work
  } catch (error) {
    const isUseless = error instanceof RefreshTokenReusedError || error instanceof RefreshTokenInvalidError
    if (presented?.transport === 'COOKIE' && isUseless && !(error instanceof WrongChannelError))
      request.clearSessionCookies()
    throw error
  }
}
