import type { EntityManager } from '@mikro-orm/core'
import type { JWK } from 'jose'
import { LRUCache } from 'lru-cache'
import type { Clock } from '../clock.ts'
import type { TokenConfig } from '../config.ts'
import { transaction } from '../database/transaction.ts'
import {
  CLOCK_SKEW_SECONDS,
  kidOf,
  readAccessToken,
  signAccessToken,
  toSeconds,
  type VerifiedToken,
} from './access-token.ts'
import { generateSigningKey } from './key-pair.ts'
import { KeyRing } from './key-ring.ts'
import type { DerivedKey } from './secrets.ts'
import type { SigningKey } from './signing-key.entity.ts'
import type { SigningKeyRepository } from './signing-key.repository.ts'

export interface TokenDependencies {
  em: EntityManager
  signingKeys: SigningKeyRepository
  config: TokenConfig
  /** Encrypts the private keys in the database. */
  secret: DerivedKey
  clock: Clock
}

export interface AccessTokenRequest {
  userId: string
  sessionId: string
  role: string
  sessionEndsAt: Date
  authenticatedAt: Date
  hasSecondFactor: boolean
}

/** The claims of an access token that this service relies on, and its moments. */
export type AccessClaims = Omit<VerifiedToken, 'kid'>

/** A signing key as operators see it. */
export interface KeyInfo {
  kid: string
  sequence: number
  createdAt: Date
  activeFrom: Date
  retiredAt: Date | null
}

/** A token has about 600 characters; a longer text than this is refused unread. */
const MAX_TOKEN_LENGTH = 4096
/** Verified tokens are cached, because checking an EdDSA signature takes 180 µs. */
const MAX_CACHED_TOKENS = 10_000
/** A new key is published this long before it signs: as long as other services may cache the JWKS. */
const ROTATION_LEAD_MS = 300_000

/** Access tokens and the keys that sign them. */
export class TokenService {
  /** By the token's exact text. Its expiry and its key are checked at every use. */
  readonly #verified = new LRUCache<string, VerifiedToken>({ max: MAX_CACHED_TOKENS })

  private constructor(
    private readonly deps: TokenDependencies,
    private readonly ring: KeyRing,
  ) {}

  /**
   * Reads the signing keys, makes the first one, and encrypts those of SECRET_KEY_PREVIOUS under SECRET_KEY.
   * @throws StartRefusedError when a key in the database cannot be decrypted
   */
  static async create(deps: TokenDependencies): Promise<TokenService> {
    return new TokenService(deps, await KeyRing.open(deps))
  }

  /**
   * A token valid for ACCESS_TOKEN_TTL, but not beyond the end of its session.
   * @throws ServiceUnavailableError when the keys are stale and cannot be read
   */
  async issueAccessToken(request: AccessTokenRequest): Promise<{ token: string; expiresAt: Date }> {
    const { config, clock } = this.deps
    const key = await this.ring.signer()
    const issuedAtSeconds = toSeconds(clock())
    const expiresAtSeconds = Math.min(issuedAtSeconds + config.accessTokenSeconds, toSeconds(request.sessionEndsAt))
    const { sessionEndsAt: _, authenticatedAt, ...claims } = request
    const authenticatedAtSeconds = toSeconds(authenticatedAt)
    const moments = { authenticatedAtSeconds, issuedAtSeconds, expiresAtSeconds }
    const token = await signAccessToken({ ...claims, ...moments }, key, config)
    return { token, expiresAt: new Date(expiresAtSeconds * 1000) }
  }

  /**
   * Account and session of a valid token, else null. The caller reads whether both are still open (ASVS 7.4.1).
   * @throws ServiceUnavailableError when its key is unknown or all keys are stale, and the database is away
   */
  async verifyAccessToken(token: string): Promise<AccessClaims | null> {
    if (token.length > MAX_TOKEN_LENGTH) return null
    await this.ring.freshen()
    const verified = this.#verified.get(token) ?? (await this.#verify(token))
    if (!verified || verified.expiresAtSeconds <= toSeconds(this.deps.clock())) return null
    const { kid, ...claims } = verified
    return this.ring.peek(kid) ? claims : null
  }

  /** The public keys (RFC 7517), at most a second old; while the database is away, those read last. */
  async jwks(): Promise<{ keys: JWK[] }> {
    const keys = await this.ring.published()
    return { keys: keys.map(({ publicJwk }) => ({ ...publicJwk })) }
  }

  /**
   * Publishes a new key, which signs in 5 minutes; the previous one stays valid until its last token has expired.
   * Of two rotations at once one makes the key, and both return it.
   */
  async rotate(): Promise<{ kid: string; activeFrom: Date }> {
    const { em, secret, clock } = this.deps
    const sequence = ((await this.list()).at(-1)?.sequence ?? 0) + 1
    const createdAt = clock()
    const activeFrom = new Date(createdAt.getTime() + ROTATION_LEAD_MS)
    const made = await generateSigningKey(secret, { sequence, createdAt, activeFrom })
    const isFirst = await transaction(em, () => this.#succeed(made))
    await this.ring.reload()
    const winner = isFirst ? undefined : (await this.list()).find((key) => key.sequence === sequence)
    return winner ? { kid: winner.kid, activeFrom: winner.activeFrom } : { kid: made.id, activeFrom }
  }

  /** All keys by sequence, retired ones included. */
  async list(): Promise<KeyInfo[]> {
    const rows = await this.deps.signingKeys.findInOrder()
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
    return this.deps.signingKeys.deleteRetiredBefore(before)
  }

  /** Stores the key and ends the earlier ones. Begins with a write, so that SQLite locks out other writers. */
  async #succeed(key: SigningKey): Promise<boolean> {
    const { signingKeys, config } = this.deps
    if (!(await signingKeys.add(key))) return false
    const lastTokenSeconds = config.accessTokenSeconds + CLOCK_SKEW_SECONDS
    await signingKeys.retireBefore(key.sequence, new Date(key.activeFrom.getTime() + lastTokenSeconds * 1000))
    return true
  }

  async #verify(token: string): Promise<VerifiedToken | null> {
    const { config, clock } = this.deps
    const kid = kidOf(token)
    const key = kid === null ? null : await this.ring.find(kid)
    const verified = key && (await readAccessToken(token, key, config, clock()))
    if (verified) this.#verified.set(token, verified)
    return verified
  }
}
