export const REQUEST_ID_HEADER = 'x-request-id'

export interface SessionCookies {
  refreshToken: string
  csrfToken: string
  /** When both cookies end. */
  expiresAt: Date
}

/** The part of the HTTP request that services and resolvers may see, and the two cookies that they may set. */
export interface RequestInfo {
  /** `x-request-id` as sent where it is a plain token of at most 64 characters, else a random UUID. */
  readonly id: string
  /** By the trusted-proxy rule. IPv4, or compressed IPv6 with all its bits. */
  readonly ipAddress: string
  /** Cut to 255 characters; null without one. */
  readonly userAgent: string | null
  /** The header Accept-Language; null without one. */
  readonly acceptLanguage: string | null
  readonly authorization: Authorization
  /**
   * Null for an allowed Origin (CORS_ORIGINS, or the request's own scheme and host) and for `Sec-Fetch-Site:
   * same-origin`; else a sentence for the client.
   */
  readonly originFault: string | null
  /** The header `x-csrf-token`. */
  readonly csrfToken: string | null
  /** The refresh cookie; null without one. */
  readonly refreshCookie: string | null
  setSessionCookies(cookies: SessionCookies): void
  clearSessionCookies(): void
}

/** `bad`: the header can never be valid (another scheme, an empty token, two headers). */
export type Authorization = { kind: 'none' } | { kind: 'bearer'; token: string } | { kind: 'bad' }
