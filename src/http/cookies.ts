import type {} from '@fastify/cookie'
import type { FastifyReply } from 'fastify'
import type { SessionCookies } from '../graphql/request-info.ts'

interface CookieNames {
  refresh: string
  csrf: string
}

/** `__Host-`: browsers insist on Secure, Path=/ and no Domain, so a sibling host cannot set these cookies. */
const SECURE_NAMES: CookieNames = { refresh: '__Host-gatehouse-refresh', csrf: '__Host-gatehouse-csrf' }

/** For plain http, where browsers drop Secure cookies. */
const PLAIN_NAMES: CookieNames = { refresh: 'gatehouse-refresh', csrf: 'gatehouse-csrf' }

/** @param secure COOKIE_SECURE */
export function cookieNames(secure: boolean): CookieNames {
  return secure ? SECURE_NAMES : PLAIN_NAMES
}

/** Where one document signs in twice, the last call wins. */
export function setSessionCookies(reply: FastifyReply, cookies: SessionCookies, secure: boolean): void {
  const names = cookieNames(secure)
  const { refreshToken, csrfToken, expiresAt } = cookies
  reply.setCookie(names.refresh, refreshToken, { ...attributes(secure), httpOnly: true, expires: expiresAt })
  reply.setCookie(names.csrf, csrfToken, { ...attributes(secure), expires: expiresAt })
}

export function clearSessionCookies(reply: FastifyReply, secure: boolean): void {
  const names = cookieNames(secure)
  reply.clearCookie(names.refresh, { ...attributes(secure), httpOnly: true })
  reply.clearCookie(names.csrf, attributes(secure))
}

function attributes(secure: boolean) {
  return { path: '/', secure, sameSite: 'strict' } as const
}
