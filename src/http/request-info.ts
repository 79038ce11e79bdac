import type { FastifyReply, FastifyRequest } from 'fastify'
import type { HttpConfig } from '../config.ts'
import type { Authorization, RequestInfo } from '../graphql/request-info.ts'
import { clientAddress } from './client-address.ts'
import { clearSessionCookies, cookieNames, setSessionCookies } from './cookies.ts'
import { originFault } from './origin.ts'

const USER_AGENT_MAX_LENGTH = 255

/** RFC 6750, section 2.1; the scheme is case-insensitive by RFC 9110, section 11.1. */
const BEARER = /^bearer +([\w.~+/-]+=*) *$/i

export function createRequestInfo(request: FastifyRequest, reply: FastifyReply, http: HttpConfig): RequestInfo {
  const secure = http.cookieSecure
  return {
    id: request.id,
    ipAddress: clientAddress(request),
    userAgent: readUserAgent(request.headers['user-agent']),
    acceptLanguage: textOf(request.headers['accept-language']),
    authorization: readAuthorization(request),
    originFault: originFault(request, http.corsOrigins),
    csrfToken: textOf(request.headers['x-csrf-token']),
    refreshCookie: textOf(request.cookies[cookieNames(secure).refresh]),
    setSessionCookies: (cookies) => setSessionCookies(reply, cookies, secure),
    clearSessionCookies: () => clearSessionCookies(reply, secure),
  }
}

function readAuthorization(request: FastifyRequest): Authorization {
  const header = request.headers.authorization
  if (header === undefined) return { kind: 'none' }
  // Node keeps the first of two; a proxy may have authenticated the other.
  if (request.raw.headersDistinct.authorization?.length !== 1) return { kind: 'bad' }
  const token = BEARER.exec(header)?.[1]
  return token === undefined ? { kind: 'bad' } : { kind: 'bearer', token }
}

/** Node decodes headers as latin1; this restores what was sent as UTF-8. */
function readUserAgent(header: string | undefined): string | null {
  if (!header) return null
  const text = decodeUtf8(header).slice(0, USER_AGENT_MAX_LENGTH)
  return text.isWellFormed() ? text : text.slice(0, -1)
}

function decodeUtf8(header: string): string {
  if (/^[\x20-\x7e]*$/.test(header)) return header
  const decoded = Buffer.from(header, 'latin1').toString('utf8')
  return decoded.includes('\ufffd') ? header : decoded
}

function textOf(value: string | string[] | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}
