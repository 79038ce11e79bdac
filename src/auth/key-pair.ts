import { CompactEncrypt, type CryptoKey, compactDecrypt, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose'
import { newId } from '../database/ids.ts'
import type { DerivedKey } from './secrets.ts'
import type { SigningKey } from './signing-key.entity.ts'

/** RFC 8037, RFC 9068 section 2.1. The only algorithm; a token that names another is refused (RFC 8725 section 3.1). */
export const ALGORITHM = 'EdDSA'

/** A signing key ready for use. The private part cannot be exported. */
export interface KeyPair {
  readonly kid: string
  readonly sequence: number
  readonly activeFrom: Date
  /** From this moment the key is neither accepted nor published; null while it has no successor. */
  readonly retiredAt: Date | null
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
  /** As published in the JWKS. */
  readonly publicJwk: JWK
}

/** The row of a new key pair, its private part encrypted. */
export async function generateSigningKey(
  secret: DerivedKey,
  row: Pick<SigningKey, 'sequence' | 'createdAt' | 'activeFrom'>,
): Promise<SigningKey> {
  const pair = await generateKeyPair(ALGORITHM, { crv: 'Ed25519', extractable: true })
  const id = newId()
  return {
    ...row,
    id,
    publicJwk: JSON.stringify(await exportJWK(pair.publicKey)),
    encryptedPrivateJwk: await encrypt(secret.current, id, JSON.stringify(await exportJWK(pair.privateKey))),
    retiredAt: null,
  }
}

/**
 * The usable key of a row; null when neither secret decrypts it. The public part comes from the encrypted JWK, so an
 * attacker who can only write to the table cannot plant a key.
 */
export async function openSigningKey(secret: DerivedKey, row: SigningKey): Promise<KeyPair | null> {
  const text = await decryptWithEither(secret, row)
  if (text === null) return null
  const { kty, crv, x, d }: JWK = JSON.parse(text)
  const publicPart = { kty, crv, x }
  return {
    kid: row.id,
    sequence: row.sequence,
    activeFrom: row.activeFrom,
    retiredAt: row.retiredAt,
    privateKey: await importKey({ ...publicPart, d }),
    publicKey: await importKey(publicPart),
    publicJwk: { ...publicPart, kid: row.id, alg: ALGORITHM, use: 'sig' },
  }
}

/** The ciphertext under the current secret, for a row that only the previous secret decrypts; null for other rows. */
export async function reencrypt(secret: DerivedKey, row: SigningKey): Promise<string | null> {
  if (!secret.previous || (await decrypt(secret.current, row)) !== null) return null
  const text = await decrypt(secret.previous, row)
  return text === null ? null : encrypt(secret.current, row.id, text)
}

async function decryptWithEither(secret: DerivedKey, row: SigningKey): Promise<string | null> {
  return (await decrypt(secret.current, row)) ?? (secret.previous ? decrypt(secret.previous, row) : null)
}

async function encrypt(key: Uint8Array, kid: string, text: string): Promise<string> {
  return new CompactEncrypt(new TextEncoder().encode(text))
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid })
    .encrypt(key)
}

/** Also null for a ciphertext that was copied from another row. */
async function decrypt(key: Uint8Array, row: SigningKey): Promise<string | null> {
  try {
    const { plaintext, protectedHeader } = await compactDecrypt(row.encryptedPrivateJwk, key, {
      keyManagementAlgorithms: ['dir'],
      contentEncryptionAlgorithms: ['A256GCM'],
    })
    return protectedHeader.kid === row.id ? new TextDecoder().decode(plaintext) : null
  } catch {
    return null
  }
}

async function importKey(jwk: JWK): Promise<CryptoKey> {
  const key = await importJWK(jwk, ALGORITHM, { extractable: false })
  if (key instanceof Uint8Array) throw new TypeError('A signing key is not an asymmetric one.')
  return key
}
