import { hkdfSync } from 'node:crypto'
import type { SecretConfig } from '../config.ts'

export type SecretKeys = Pick<SecretConfig, 'key' | 'previousKey'>

/** A 32-byte key for one purpose. `previous`, of SECRET_KEY_PREVIOUS, only reads: it may be the next key as well. */
export interface DerivedKey {
  readonly current: Uint8Array
  readonly previous?: Uint8Array
}

/** One key for each purpose, so that a MAC made for one purpose is not valid for another. */
export interface Secrets {
  /** HMAC of refresh tokens. */
  readonly refreshToken: DerivedKey
  /** HMAC of tokens in mails. */
  readonly mailToken: DerivedKey
  /** HMAC of API keys. */
  readonly apiKey: DerivedKey
  /** HMAC of list cursors. */
  readonly cursor: DerivedKey
  /** A256GCM of the private signing keys in the database. */
  readonly signingKey: DerivedKey
  /** A256GCM of the key of second factors in the database. */
  readonly secondFactor: DerivedKey
}

const KEY_BYTES = 32

/** Derives every secret from SECRET_KEY by HKDF-SHA256 (RFC 5869): the purpose is `info`, the salt is empty. */
export function deriveSecrets(secret: SecretKeys): Secrets {
  return {
    refreshToken: derive(secret, 'refresh-token'),
    mailToken: derive(secret, 'mail-token'),
    apiKey: derive(secret, 'api-key'),
    cursor: derive(secret, 'cursor'),
    signingKey: derive(secret, 'signing-key'),
    secondFactor: derive(secret, 'second-factor'),
  }
}

function derive(secret: SecretKeys, purpose: string): DerivedKey {
  const current = expand(secret.key, purpose)
  return secret.previousKey === undefined ? { current } : { current, previous: expand(secret.previousKey, purpose) }
}

function expand(key: string, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', key, '', `gatehouse:${purpose}:v1`, KEY_BYTES))
}
