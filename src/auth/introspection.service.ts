import type { AuthorizationService } from '../authorization/authorization.service.ts'
import { Permission } from '../authorization/permissions.ts'
import type { Viewer } from '../authorization/viewer.ts'
import type { TokenConfig } from '../config.ts'
import { findBySession, type SessionLookup } from './viewer-lookup.ts'

export interface IntrospectionDependencies extends SessionLookup {
  authorization: AuthorizationService
  config: TokenConfig
}

/** Of an access token that serves (RFC 7662, section 2.2). */
export interface ActiveToken {
  active: true
  sub: string
  /** The session. */
  sid: string
  /** Seconds since 1970, as in the token. */
  iat: number
  exp: number
  iss: string
  aud: string
  token_type: 'Bearer'
  /** What the account may do now, as `profile:read profile:update`. */
  scope: string
}

/** Nothing tells why (RFC 7662, section 2.2). */
const INACTIVE = { active: false } as const

/** Tells other services whether an access token serves, and what its account may do (RFC 7662). */
export class IntrospectionService {
  constructor(private readonly deps: IntrospectionDependencies) {}

  /** Why a caller may not ask, in the words of RFC 6749 and RFC 6750; null where they may. Programs ask, by their key. */
  refusalOf(caller: Viewer | null): 'invalid_client' | 'insufficient_scope' | null {
    if (!caller?.apiKey) return 'invalid_client'
    return this.deps.authorization.hasPermission(caller, Permission.TOKEN_INTROSPECT) ? null : 'insufficient_scope'
  }

  /** @throws ServiceUnavailableError where the database is away */
  async introspect(token: string): Promise<ActiveToken | typeof INACTIVE> {
    const { tokens, authorization, config } = this.deps
    const claims = await tokens.verifyAccessToken(token)
    const viewer = claims && (await findBySession(claims, this.deps))
    if (!viewer) return INACTIVE
    return {
      active: true,
      sub: claims.userId,
      sid: claims.sessionId,
      iat: claims.issuedAtSeconds,
      exp: claims.expiresAtSeconds,
      iss: config.issuer,
      aud: config.audience,
      token_type: 'Bearer',
      scope: authorization.permissionsOfViewer(viewer).join(' '),
    }
  }
}
