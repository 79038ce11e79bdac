import { openSigningKey } from '../../auth/key-pair.ts'
import { deriveSecrets } from '../../auth/secrets.ts'
import { SigningKey } from '../../auth/signing-key.entity.ts'
import type { Clock } from '../../clock.ts'
import type { SecretConfig } from '../../config.ts'
import type { Orm } from '../../database/orm.ts'
import { type Finding, fault, ok, skipped, warning } from './finding.ts'

const DAY_MS = 86_400_000
const OLD_DAYS = 365

/** Whether the signing keys can be read with SECRET_KEY, and how old the newest is. Makes none. */
export async function checkKeys(secret: SecretConfig, orm: Orm, clock: Clock): Promise<Finding> {
  const keys = await orm.em.fork().getRepository(SigningKey).findInOrder()
  const newest = keys.at(-1)
  if (!newest) return skipped('signing keys', 'There is none yet: the first start makes it.')
  const { signingKey } = deriveSecrets(secret)
  for (const key of keys.filter(({ retiredAt }) => retiredAt === null || retiredAt > clock())) {
    if ((await openSigningKey(signingKey, key).catch(() => null)) === null)
      return fault(
        'signing keys',
        'SECRET_KEY does not decrypt them.',
        'Give the key that they were made with, as SECRET_KEY, SECRET_KEY_PREVIOUS or in data/secret. Where it is lost, keys:reset --yes makes new ones and ends every session.',
      )
  }
  const days = Math.floor((clock().getTime() - newest.createdAt.getTime()) / DAY_MS)
  const message = `${keys.length}, the newest ${days} days old`
  return days > OLD_DAYS
    ? warning('signing keys', message, 'Run the command keys:rotate; nobody is signed out.')
    : ok('signing keys', message)
}
