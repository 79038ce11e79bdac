import { decodeProtectedHeader, type JWTPayload, jwtVerify, type ProtectedHeaderParameters, SignJWT } from 'jose'
import type { TokenConfig } from '../config.ts'
import { isId, newId } from '../database/ids.ts'
import { ALGORITHM, type KeyPair } from './key-pair.ts'

/** How far the clocks of two instances may differ. A token issued further in the future is refused. */
export const CLOCK_SKEW_SECONDS = 30

/** The longest ACCESS_TOKEN_TTL there can be, 100 years. Also refuses an `exp` that is no moment. */
const MAX_LIFETIME_SECONDS = 3_155_760_000

/** RFC 9068 section 2.1. Access tokens have exactly this typ; JWTs made for another purpose do not. */
const TOKEN_TYPE = 'at+jwt'
/** RFC 7515, section 3.1. jose decodes white space and padding too. */
const COMPACT_FORM = /^[\w-]+\.[\w-]+\.[\w-]+$/
const REQUIRED_CLAIMS = ['iss', 'aud', 'sub', 'sid', 'jti', 'iat', 'exp']

export interface NewAccessToken {
  userId: string
  sessionId: string
  /** Informs other services. This service reads the role from the database. */
  role: string
  /** When the password was last given. */
  authenticatedAtSeconds: number
  /** Whether the second factor was given beside it. */
  hasSecondFactor: boolean
  issuedAtSeconds: number
  expiresAtSeconds: number
}

/** The claims that are kept of a verified token. */
export interface VerifiedToken {
  userId: string
  sessionId: string
  kid: string
  issuedAtSeconds: number
  expiresAtSeconds: number
}

/** Methods of authentication by their names of RFC 8176. */
const PASSWORD = ['pwd']
const PASSWORD_AND_FACTOR = ['pwd', 'otp', 'mfa']

/** A JWT in the form of RFC 9068, without client_id. */
export async function signAccessToken(token: NewAccessToken, key: KeyPair, config: TokenConfig): Promise<string> {
  const amr = token.hasSecondFactor ? PASSWORD_AND_FACTOR : PASSWORD
  return new SignJWT({ sid: token.sessionId, roles: [token.role], auth_time: token.authenticatedAtSeconds, amr })
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
 * The kid of a token whose header holds exactly alg, typ and kid, else null. An allow-list also refuses `crit`, `jku`,
 * `jwk`, `x5u` and parameters of later standards (RFC 8725 section 3.10; ASVS 9.1.1, 9.1.2, 9.1.3).
 */
export function kidOf(token: string): string | null {
  if (!COMPACT_FORM.test(token)) return null
  const { alg, typ, kid, ...others } = headerOf(token)
  if (alg !== ALGORITHM || typ !== TOKEN_TYPE || Object.keys(others).length > 0) return null
  return typeof kid === 'string' && isId(kid) ? kid : null
}

/** Checks the signature and every claim at `now`. Null for anything but a valid token of this service. */
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
 * Refuses what jose accepts: further audiences, an `iat` in the future, and an impossible lifetime (ASVS 9.2.1, 9.2.3).
 * A lifetime above ACCESS_TOKEN_TTL is good: another instance may still have a longer one.
 */
function isOurs({ aud, iat, exp }: JWTPayload, config: TokenConfig, now: Date): boolean {
  if (typeof iat !== 'number' || typeof exp !== 'number') return false
  const isFromNow = iat <= toSeconds(now) + CLOCK_SKEW_SECONDS
  return aud === config.audience && isFromNow && exp - iat <= MAX_LIFETIME_SECONDS
}

function verified({ sub, sid, iat, exp }: JWTPayload, kid: string): VerifiedToken | null {
  if (typeof sub !== 'string' || typeof sid !== 'string') return null
  if (typeof iat !== 'number' || typeof exp !== 'number' || !isId(sub) || !isId(sid)) return null
  return { userId: sub, sessionId: sid, kid, issuedAtSeconds: iat, expiresAtSeconds: exp }
}

function headerOf(token: string): ProtectedHeaderParameters {
  try {
    return decodeProtectedHeader(token)
  } catch {
    return {}
  }
}
