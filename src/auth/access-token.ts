import { decodeProtectedHeader, type JWTPayload, jwtVerify, type ProtectedHeaderParameters, SignJWT } from 'jose'
import type { RoleName } from '../authorization/permissions.ts'
import type { TokenConfig } from '../config.ts'
import { isId, newId } from '../database/ids.ts'
import { ALGORITHM, type KeyPair } from './key-pair.ts'

/** What clocks of two instances may differ by: a token from the future beyond that is refused. */
export const CLOCK_SKEW_SECONDS = 5

/** RFC 9068 section 2.1. Others' JWTs have another typ or none; only this spelling is made here. */
const TOKEN_TYPE = 'at+jwt'
const REQUIRED_CLAIMS = ['iss', 'aud', 'sub', 'sid', 'jti', 'iat', 'exp']

export interface NewAccessToken {
  userId: string
  sessionId: string
  /** For other services' information; this one reads the role from the database. */
  role: RoleName
  issuedAtSeconds: number
  expiresAtSeconds: number
}

/** What is kept of a token whose signature was good. */
export interface VerifiedToken {
  userId: string
  sessionId: string
  kid: string
  expiresAtSeconds: number
}

/** A JWT in the form of RFC 9068, without client_id. */
export async function signAccessToken(token: NewAccessToken, key: KeyPair, config: TokenConfig): Promise<string> {
  return new SignJWT({ sid: token.sessionId, roles: [token.role] })
    .setProtectedHeader({ alg: ALGORITHM, typ: TOKEN_TYPE, kid: key.kid })
    .setIssuer(config.issuer)
    .setAudience(config.audience)
    .setSubject(token.userId)
    .setJti(newId())
    .setIssuedAt(token.issuedAtSeconds)
    .setExpirationTime(token.expiresAtSeconds)
    .sign(key.privateKey)
}

/**
 * The kid of a token whose header has exactly the form of ours, else null: an allow-list, so that `crit`, `jku`, `jwk`,
 * `x5u` and whatever comes next are refused (RFC 8725 section 3.10; ASVS 9.1.1, 9.1.2, 9.1.3).
 */
export function kidOf(token: string): string | null {
  const { alg, typ, kid, ...others } = headerOf(token)
  if (alg !== ALGORITHM || typ !== TOKEN_TYPE || Object.keys(others).length > 0) return null
  return typeof kid === 'string' && isId(kid) ? kid : null
}

/** Checks signature and every claim at the moment `now`. Null for whatever is not a good token of this service. */
export async function readAccessToken(
  token: string,
  key: KeyPair,
  config: TokenConfig,
  now: Date,
): Promise<VerifiedToken | null> {
  try {
    const { payload } = await jwtVerify(token, key.publicKey, {
      algorithms: [ALGORITHM],
      typ: TOKEN_TYPE,
      issuer: config.issuer,
      audience: config.audience,
      requiredClaims: REQUIRED_CLAIMS,
      currentDate: now,
    })
    return isOurs(payload, config, now) ? verified(payload, key.kid) : null
  } catch {
    return null
  }
}

export function toSeconds(moment: Date): number {
  return Math.floor(moment.getTime() / 1000)
}

/**
 * jose accepts our audience among others, an `iat` in the future, and any `exp`. None of these are made here; a life
 * longer than the present ACCESS_TOKEN_TTL is one from before it was shortened, and is over (ASVS 9.2.1, 9.2.3).
 */
function isOurs({ aud, iat, exp }: JWTPayload, config: TokenConfig, now: Date): boolean {
  if (typeof iat !== 'number' || typeof exp !== 'number') return false
  const isFromNow = iat <= toSeconds(now) + CLOCK_SKEW_SECONDS
  return aud === config.audience && isFromNow && exp - iat <= config.accessTokenSeconds
}

function verified({ sub, sid, exp }: JWTPayload, kid: string): VerifiedToken | null {
  if (typeof sub !== 'string' || typeof sid !== 'string' || typeof exp !== 'number') return null
  return isId(sub) && isId(sid) ? { userId: sub, sessionId: sid, kid, expiresAtSeconds: exp } : null
}

function headerOf(token: string): ProtectedHeaderParameters {
  try {
    return decodeProtectedHeader(token)
  } catch {
    return {}
  }
}
