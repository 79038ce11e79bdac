import { createHmac, timingSafeEqual } from 'node:crypto'
import { parse as parseUuid, stringify as stringifyUuid } from 'uuid'
import type { DerivedKey } from './secrets.ts'

/** The claims of a refresh token: one generation of one session. */
export interface RefreshClaims {
  /** UUID in lower case. */
  sessionId: string
  /** 0 to 2^32 - 1. */
  generation: number
}

const PREFIX = 'ghr_'
const ID_BYTES = 16
const CLAIM_BYTES = ID_BYTES + 4
const TOKEN_BYTES = CLAIM_BYTES + 32

/**
 * Refresh tokens: `ghr_` and base64url of session id, generation and their HMAC-SHA256, 74 characters.
 *
 * A token follows from session and generation, so a lost answer can be repeated, and the database holds nothing that
 * could forge or replay one (RFC 9700 section 4.14). The session's row says which generation is valid.
 */
export class RefreshTokens {
  constructor(private readonly key: DerivedKey) {}

  /** @throws TypeError when the id is no UUID, RangeError when the generation is no 32-bit number */
  issue(sessionId: string, generation: number): string {
    const claims = Buffer.alloc(CLAIM_BYTES)
    claims.set(parseUuid(sessionId))
    claims.writeUInt32BE(generation, ID_BYTES)
    return PREFIX + Buffer.concat([claims, mac(this.key.current, claims)]).toString('base64url')
  }

  /** Null for anything but a token of the current or the previous key. Never throws. */
  read(token: string): RefreshClaims | null {
    const bytes = decode(token)
    if (!bytes) return null
    const claims = bytes.subarray(0, CLAIM_BYTES)
    if (!this.#isAuthentic(claims, bytes.subarray(CLAIM_BYTES))) return null
    return { sessionId: stringifyUuid(claims), generation: claims.readUInt32BE(ID_BYTES) }
  }

  #isAuthentic(claims: Buffer, given: Buffer): boolean {
    if (timingSafeEqual(mac(this.key.current, claims), given)) return true
    return this.key.previous !== undefined && timingSafeEqual(mac(this.key.previous, claims), given)
  }
}

/** Accepts one spelling of each token: Node's decoder skips characters outside base64url and ignores spare bits. */
function decode(token: unknown): Buffer | null {
  if (typeof token !== 'string' || token.length > 256 || !token.startsWith(PREFIX)) return null
  const text = token.slice(PREFIX.length)
  const bytes = Buffer.from(text, 'base64url')
  return bytes.length === TOKEN_BYTES && bytes.toString('base64url') === text ? bytes : null
}

function mac(key: Uint8Array, claims: Buffer): Buffer {
  return createHmac('sha256', key).update(claims).digest()
}
