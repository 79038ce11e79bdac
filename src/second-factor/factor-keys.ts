import { createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { StartRefusedError } from '../errors.ts'
import type { FactorKeyRepository } from './factor-key.repository.ts'
import { seal, unseal } from './sealing.ts'

const NAME = 'second-factors'
const KEY_BYTES = 32
const KEY_LOST =
  'The key of second factors in the database opens with neither SECRET_KEY nor SECRET_KEY_PREVIOUS. Set the secret that ' +
  'it was encrypted with, or run `npm run gatehouse -- keys:reset --yes`.'

export interface FactorKeysDependencies {
  factorKeys: FactorKeyRepository
  /** Derived from SECRET_KEY and SECRET_KEY_PREVIOUS. */
  secret: { current: Uint8Array; previous?: Uint8Array }
}

/**
 * What encrypts the secrets of authenticator apps and hashes recovery codes. Both follow from one random key, which is
 * kept in the database under SECRET_KEY: so a change of that needs one row written anew, however many accounts there
 * are, and codes that only their owner knows outlive it.
 */
export class FactorKeys {
  readonly #secretKey: Uint8Array
  readonly #codeKey: Uint8Array

  private constructor(key: Uint8Array) {
    this.#secretKey = expand(key, 'totp-secret')
    this.#codeKey = expand(key, 'recovery-code')
  }

  /**
   * Makes the key where there is none, and seals it under SECRET_KEY.
   * @throws StartRefusedError when neither secret opens it
   */
  static async open({ factorKeys, secret }: FactorKeysDependencies): Promise<FactorKeys> {
    const sealed = await findOrMake(factorKeys, secret.current)
    const current = unseal(secret.current, NAME, sealed)
    if (current) return new FactorKeys(current)
    const previous = secret.previous ? unseal(secret.previous, NAME, sealed) : null
    if (!previous) throw new StartRefusedError(KEY_LOST)
    await factorKeys.replaceSealed(NAME, sealed, seal(secret.current, NAME, previous))
    return new FactorKeys(previous)
  }

  /** Replaces a key that cannot be opened any more. Second factors that were set up with it take no code from then on. */
  static async replaceLost({ factorKeys, secret }: FactorKeysDependencies): Promise<void> {
    const sealed = await factorKeys.findSealed(NAME)
    const secrets = [secret.current, ...(secret.previous ? [secret.previous] : [])]
    if (sealed === null || secrets.some((key) => unseal(key, NAME, sealed))) return
    await factorKeys.replaceSealed(NAME, sealed, newSealedKey(secret.current))
  }

  sealSecret(userId: string, secret: Uint8Array): string {
    return seal(this.#secretKey, userId, secret)
  }

  /** Null for a text that was sealed for another account, or under another key. */
  openSecret(userId: string, sealed: string): Uint8Array | null {
    return unseal(this.#secretKey, userId, sealed)
  }

  /** HMAC-SHA256 of account and code, 43 characters. */
  hashCode(userId: string, code: string): string {
    return createHmac('sha256', this.#codeKey).update(`${userId} ${code}`).digest('base64url')
  }
}

async function findOrMake(factorKeys: FactorKeyRepository, secret: Uint8Array): Promise<string> {
  const known = await factorKeys.findSealed(NAME)
  if (known !== null) return known
  const made = newSealedKey(secret)
  await factorKeys.addIfMissing({ name: NAME, sealedKey: made })
  return (await factorKeys.findSealed(NAME)) ?? made
}

function newSealedKey(secret: Uint8Array): string {
  return seal(secret, NAME, randomBytes(KEY_BYTES))
}

function expand(key: Uint8Array, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', key, '', `gatehouse:${purpose}:v1`, KEY_BYTES))
}
