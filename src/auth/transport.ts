import type { ViewerHolder } from '../authorization/viewer-holder.ts'
import { RefreshTokenInvalidError, RefreshTokenReusedError } from '../errors.ts'
import type { RequestInfo } from '../graphql/request-info.ts'
import type { SignedIn } from './auth.service.ts'
import type { AuthPayload } from './auth.types.ts'
import { type PresentedToken, WrongChannelError } from './refresh.service.ts'

interface TransportContext {
  request: RequestInfo
  viewer: ViewerHolder
}

/** Delivers tokens by the transport of their session: in the answer, or as cookies. */
export function deliver(signedIn: SignedIn, { request, viewer }: TransportContext): AuthPayload {
  const { session, refreshToken } = signedIn
  viewer.signInAs(signedIn)
  const { csrfToken } = session
  if (csrfToken === null) return { ...signedIn, csrfToken }
  request.setSessionCookies({ refreshToken, csrfToken, expiresAt: session.endsAt })
  return { ...signedIn, refreshToken: null, csrfToken }
}

/**
 * The refresh token of a request: from the input, else from the cookie.
 * @throws RefreshTokenInvalidError with neither, and with both, since a session has exactly one transport
 */
export function presentedToken(token: string | null, request: RequestInfo): PresentedToken {
  const cookie = presentedCookie(request)
  if (token === null && cookie) return cookie
  if (token === null || cookie) throw new RefreshTokenInvalidError()
  return { transport: 'BODY', token }
}

export function presentedCookie({ refreshCookie, csrfToken, isFromAllowedOrigin }: RequestInfo): PresentedToken | null {
  return refreshCookie === null ? null : { transport: 'COOKIE', token: refreshCookie, csrfToken, isFromAllowedOrigin }
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
