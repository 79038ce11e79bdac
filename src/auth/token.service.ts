import type { SqlEntityManager } from '@mikro-orm/mysql'
import { decodeProtectedHeader, type JWK, type JWTPayload, jwtVerify, type ProtectedHeaderParameters, SignJWT } from 'jose'
import { LRUCache } from 'lru-cache'
import { validate as isUuid, v7 as uuidv7 } from 'uuid'
import type { RoleName } from '../authorization/permissions.ts'
import type { Clock } from '../clock.ts'
import type { TokenConfig } from '../config.ts'
import { ALGORITHM, generateSigningKey, type KeyPair } from './key-pair.ts'
import { KeyRing } from './key-ring.ts'
import type { Secrets } from './secrets.ts'
import type { SigningKey } from './signing-key.entity.ts'
import { SigningKeyRepository } from './signing-key.repository.ts'

export interface TokenServiceDeps {
  /** A fresh fork for each read: inside a transaction of SQLite another one would wait for ever. */
  em: () => SqlEntityManager
  config: TokenConfig
  secrets: Secrets
  clock: Clock
}

export interface AccessTokenRequest {
  userId: string
  sessionId: string
  /** For other services' information; this one reads the role from the database. */
  role: RoleName
  sessionEndsAt: Date
}

/** All that this service believes of an access token. */
export interface AccessClaims {
  userId: string
  sessionId: string
}

/** A signing key as operators see it. */
export interface KeyInfo {
  kid: string
  sequence: number
  createdAt: Date
  activeFrom: Date
  retiredAt: Date | null
}

/** RFC 9068 section 2.1. Refresh tokens and others' JWTs have another typ or none. */
const TOKEN_TYPE = 'at+jwt'
const REQUIRED_CLAIMS = ['iss', 'aud', 'sub', 'sid', 'jti', 'iat', 'exp']
/** A token has about 600 characters; nothing longer than this is looked at. */
const MAX_TOKEN_LENGTH = 4096
/** Verified tokens remembered, because an EdDSA check costs 180 µs. */
const MAX_REMEMBERED = 10_000
/** What clocks of two instances may differ by: a token from the future beyond that is refused. */
const CLOCK_SKEW_SECONDS = 5
/** A new key is published this long before it signs, as long as others may keep the JWKS. */
const ROTATION_LEAD_MS = 300_000

/** Access tokens (RFC 9068, without client_id) and the keys that sign them. */
export class TokenService {
  readonly #deps: TokenServiceDeps
  readonly #ring: KeyRing
  readonly #verified = new LRUCache<string, Verified>({ max: MAX_REMEMBERED })

  private constructor(deps: TokenServiceDeps, ring: KeyRing) {
    this.#deps = deps
    this.#ring = ring
  }

  /** @throws StartRefusedError when the keys in the database cannot be decrypted */
  static async create(deps: TokenServiceDeps): Promise<TokenService> {
    const repository = () => new SigningKeyRepository(deps.em())
    const ring = await KeyRing.open({ repository, secret: deps.secrets.signingKey, clock: deps.clock })
    return new TokenService(deps, ring)
  }

  /**
   * A token good for ACCESS_TOKEN_TTL, never beyond the end of its session. Call it after the transaction: it may
   * read the keys through an entity manager of its own.
   */
  async issueAccessToken(request: AccessTokenRequest): Promise<{ token: string; expiresAt: Date }> {
    const { config, clock } = this.#deps
    const { kid, privateKey } = await this.#ring.signer()
    const issuedAt = toSeconds(clock())
    const expiresAt = Math.min(issuedAt + config.accessTokenSeconds, toSeconds(request.sessionEndsAt))
    const token = await new SignJWT({ sid: request.sessionId, roles: [request.role] })
      .setProtectedHeader({ alg: ALGORITHM, typ: TOKEN_TYPE, kid })
      .setIssuer(config.issuer)
      .setAudience(config.audience)
      .setSubject(request.userId)
      .setJti(uuidv7())
      .setIssuedAt(issuedAt)
      .setExpirationTime(expiresAt)
      .sign(privateKey)
    return { token, expiresAt: new Date(expiresAt * 1000) }
  }

  /**
   * Who and which session; null for whatever is not a good token of this service. Whether session and account are
   * still open is for the caller to read (ASVS 7.4.1).
   * @throws ServiceUnavailableError when the key is unknown and the database away
   */
  async verifyAccessToken(token: string): Promise<AccessClaims | null> {
    if (token.length > MAX_TOKEN_LENGTH) return null
    await this.#ring.freshen()
    const verified = this.#verified.get(token) ?? (await this.#verify(token))
    if (!verified || verified.expiresAtSeconds <= toSeconds(this.#deps.clock())) return null
    if (!this.#ring.peek(verified.kid)) return null
    return { userId: verified.userId, sessionId: verified.sessionId }
  }

  /** The public keys (RFC 7517), at most a second old; those last known while the database is away. */
  async jwks(): Promise<{ keys: JWK[] }> {
    const keys = await this.#ring.published()
    return { keys: keys.map(({ publicJwk }) => ({ ...publicJwk })) }
  }

  /**
   * Publishes a new key now, which signs in 5 minutes; the one before is believed until its last token has expired.
   * Of two rotations at once one makes the key and both return it.
   */
  async rotate(): Promise<{ kid: string; activeFrom: Date }> {
    const { id, activeFrom } = await this.#deps.em().transactional((em) => this.#insertNext(em))
    await this.#ring.reload()
    return { kid: id, activeFrom }
  }

  /** All keys by sequence, retired ones included. */
  async list(): Promise<KeyInfo[]> {
    const rows = await new SigningKeyRepository(this.#deps.em()).findAll()
    return rows.map(({ id, sequence, createdAt, activeFrom, retiredAt }) => ({
      kid: id,
      sequence,
      createdAt,
      activeFrom,
      retiredAt,
    }))
  }

  /** Removes the keys retired before the moment and returns their number. */
  async prune(before: Date): Promise<number> {
    return new SigningKeyRepository(this.#deps.em()).deleteRetiredBefore(before)
  }

  async #insertNext(em: SqlEntityManager): Promise<SigningKey> {
    const { config, secrets, clock } = this.#deps
    const keys = new SigningKeyRepository(em)
    const sequence = ((await keys.findAll()).at(-1)?.sequence ?? 0) + 1
    const createdAt = clock()
    const activeFrom = new Date(createdAt.getTime() + ROTATION_LEAD_MS)
    const next = await generateSigningKey(secrets.signingKey, { sequence, createdAt, activeFrom })
    if (!(await keys.insert(next))) return (await keys.findAll()).find((key) => key.sequence === sequence) ?? next
    const lastTokenSeconds = config.accessTokenSeconds + CLOCK_SKEW_SECONDS
    await keys.retireBefore(sequence, new Date(activeFrom.getTime() + lastTokenSeconds * 1000))
    return next
  }

  async #verify(token: string): Promise<Verified | null> {
    const kid = kidOf(token)
    const key = kid && (await this.#ring.find(kid))
    const payload = key && (await this.#verifiedPayload(token, key))
    const verified = payload && claimsOf(payload, key.kid)
    if (verified) this.#verified.set(token, verified)
    return verified || null
  }

  async #verifiedPayload(token: string, { publicKey }: KeyPair): Promise<JWTPayload | null> {
    const { issuer, audience } = this.#deps.config
    const now = this.#deps.clock()
    try {
      const { payload } = await jwtVerify(token, publicKey, {
        algorithms: [ALGORITHM],
        typ: TOKEN_TYPE,
        issuer,
        audience,
        requiredClaims: REQUIRED_CLAIMS,
        currentDate: now,
      })
      const isFromNow = Number(payload.iat) <= toSeconds(now) + CLOCK_SKEW_SECONDS
      // jose is content when the audience is among others; a token for others as well was not made here.
      return payload.aud === audience && isFromNow ? payload : null
    } catch {
      return null
    }
  }
}

/** The clock decides about `exp` and the ring about `kid` each time, remembered or not. */
interface Verified extends AccessClaims {
  kid: string
  expiresAtSeconds: number
}

/** The kid of a token that has the form of ours: `alg`, `typ` and `kid`, and no `crit`, `jku`, `jwk` or `x5u` beside. */
function kidOf(token: string): string | null {
  const { alg, typ, kid, ...others } = headerOf(token)
  if (alg !== ALGORITHM || typ !== TOKEN_TYPE || Object.keys(others).length > 0) return null
  return typeof kid === 'string' && isUuid(kid) ? kid : null
}

function headerOf(token: string): ProtectedHeaderParameters {
  try {
    return decodeProtectedHeader(token)
  } catch {
    return {}
  }
}

function claimsOf({ sub, sid, exp }: JWTPayload, kid: string): Verified | null {
  if (typeof sub !== 'string' || typeof sid !== 'string' || typeof exp !== 'number') return null
  return { userId: sub, sessionId: sid, kid, expiresAtSeconds: exp }
}

function toSeconds(moment: Date): number {
  return Math.floor(moment.getTime() / 1000)
}
