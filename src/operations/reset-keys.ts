import { generateSigningKey } from '../auth/key-pair.ts'
import { deriveSecrets } from '../auth/secrets.ts'
import { SigningKey } from '../auth/signing-key.entity.ts'
import { storedSecret } from '../auth/stored-secret.ts'
import type { Clock } from '../clock.ts'
import type { SecretConfig } from '../config.ts'
import type { Orm } from '../database/orm.ts'
import { transaction } from '../database/transaction.ts'
import { StartRefusedError } from '../errors.ts'
import { FactorKey } from '../second-factor/factor-key.entity.ts'
import { FactorKeys } from '../second-factor/factor-keys.ts'
import { endAllAccess } from './end-access.ts'

export interface KeysReset {
  kid: string
  /** Sessions that were ended. */
  sessions: number
}

/**
 * For keys whose secret is lost: ends all of them, every session and every API key, which are of the lost secret too, and
 * makes a new key under the present secret. Second factors stay on: an administrator has to reset them. What was done is
 * kept where it stops half-way; then it is run again.
 *
 * @throws StartRefusedError when another process made a key at the same time
 */
export async function resetKeys(orm: Orm, config: SecretConfig, clock: Clock): Promise<KeysReset> {
  const em = orm.em.fork({ useContext: true })
  const signingKeys = em.getRepository(SigningKey)
  const secrets = deriveSecrets(storedSecret(config))
  const sessions = await endAllAccess(em)
  const now = clock()
  const sequence = ((await signingKeys.findInOrder()).at(-1)?.sequence ?? 0) + 1
  const made = await generateSigningKey(secrets.signingKey, { sequence, createdAt: now, activeFrom: now })
  await transaction(em, async () => {
    if (!(await signingKeys.add(made))) throw new StartRefusedError('A key was made at the same time. Run it again.')
    await signingKeys.endBefore(sequence, now)
  })
  await FactorKeys.replaceLost({ factorKeys: em.getRepository(FactorKey), secret: secrets.secondFactor })
  return { kid: made.id, sessions }
}
