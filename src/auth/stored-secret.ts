import type { SecretConfig } from '../config.ts'
import { StartRefusedError } from '../errors.ts'
import { readSecret, storeSecret } from '../secret-file.ts'
import { openSigningKey } from './key-pair.ts'
import { isRetired, KEYS_LOST } from './key-ring.ts'
import { deriveSecrets, type SecretKeys } from './secrets.ts'
import type { SigningKeyRepository } from './signing-key.repository.ts'

/**
 * The secret to go on with. One that was made for this start is stored now, unless the database has keys of another,
 * so that a start that is refused leaves no new secret behind.
 *
 * @throws StartRefusedError when the secret of the database's keys is lost
 */
export async function settleSecret(
  secret: SecretConfig,
  signingKeys: SigningKeyRepository,
  now: Date,
): Promise<SecretKeys> {
  const { unstoredAt: path } = secret
  if (path === undefined) return secret
  const valid = (await signingKeys.findInOrder()).filter((row) => !isRetired(row, now))
  // After the rows: of two first starts at once the other one stores its secret first, and then its keys.
  if (readSecret(path) === null) {
    const { signingKey } = deriveSecrets(secret)
    const keys = await Promise.all(valid.map((row) => openSigningKey(signingKey, row)))
    if (keys.includes(null)) throw new StartRefusedError(`${path} is missing, and no SECRET_KEY is set. ${KEYS_LOST}`)
  }
  return storedSecret(secret)
}

/** Stores a new secret. Where another process was first, its secret is taken. */
export function storedSecret({ key, previousKey, unstoredAt }: SecretConfig): SecretKeys {
  return { key: unstoredAt === undefined ? key : storeSecret(unstoredAt, key), previousKey }
}
