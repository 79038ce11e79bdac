import { createHmac, timingSafeEqual } from 'node:crypto'
import { parse as parseUuid } from 'uuid'
import type { MailToken } from './mail-token.entity.ts'

/** What a token is made from. */
export type TokenRecord = Pick<MailToken, 'id' | 'purpose' | 'email'>

/** A token as it was sent, of which nothing is known yet but its form. */
export interface PresentedMailToken {
  /** In the form of a UUID; any bits. */
  id: string
  mac: Buffer
}

const PREFIX = 'ghm_'
const ID_BYTES = 16
const TOKEN_BYTES = ID_BYTES + 32

/**
 * Tokens in mails: `ghm_` and base64url of the record's id and the HMAC-SHA256 of id, purpose and address, 68
 * characters. A token follows from its record and a key that is not in the database, so the link is made when its mail
 * is sent, and the record lets nobody make one.
 */
export class MailTokens {
  /** @param key MAC keys; tokens of the previous one are still accepted */
  constructor(private readonly key: { readonly current: Uint8Array; readonly previous?: Uint8Array }) {}

  issue(record: TokenRecord): string {
    return PREFIX + Buffer.concat([parseUuid(record.id), mac(this.key.current, record)]).toString('base64url')
  }

  /** Null for what cannot be a token. Accepts one spelling of each, as for refresh tokens. */
  read(token: string): PresentedMailToken | null {
    if (token.length > 256 || !token.startsWith(PREFIX)) return null
    const text = token.slice(PREFIX.length)
    const bytes = Buffer.from(text, 'base64url')
    if (bytes.length !== TOKEN_BYTES || bytes.toString('base64url') !== text) return null
    return { id: toUuid(bytes.subarray(0, ID_BYTES)), mac: bytes.subarray(ID_BYTES) }
  }

  /** Whether the token was made from this record, so also for its purpose and address. */
  isOf(presented: PresentedMailToken, record: TokenRecord): boolean {
    const { current, previous } = this.key
    const keys = previous === undefined ? [current] : [current, previous]
    return keys.some((key) => timingSafeEqual(mac(key, record), presented.mac))
  }
}

/** Takes any bits, unlike the package, which throws for those of no version. */
function toUuid(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

function mac(key: Uint8Array, { id, purpose, email }: TokenRecord): Buffer {
  return createHmac('sha256', key)
    .update(JSON.stringify([id, purpose, email]))
    .digest()
}
