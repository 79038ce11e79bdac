import { argon2Hash } from './argon2-hash.ts'
import { bcryptHash } from './bcrypt-hash.ts'
import { djangoHash } from './django-hash.ts'
import { phpassHash } from './phpass-hash.ts'
import type { HashFormat, StoredHash } from './stored-hash.ts'
import { werkzeugPbkdf2Hash, werkzeugScryptHash } from './werkzeug-hash.ts'
import { wordpressHash } from './wordpress-hash.ts'

/** The kinds of hashes that can be checked, by their prefix. A further kind is a file and a line here. */
const FORMATS: readonly HashFormat[] = [
  argon2Hash,
  bcryptHash,
  werkzeugScryptHash,
  werkzeugPbkdf2Hash,
  djangoHash,
  phpassHash,
  wordpressHash,
]

/** As wide as the column. */
const MAX_LENGTH = 255
/** MD5, SHA-1, SHA-224, SHA-256, SHA-384 and SHA-512 in hexadecimal digits. */
const BARE_DIGEST = /^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})$/i

/** Null for a text that is no hash of a known kind. */
export function readHash(text: string): StoredHash | null {
  return formatOf(text)?.read(text) ?? null
}

/** Why a hash of another program cannot be taken over, as a sentence that does not repeat it; null where it can. */
export function importFaultOf(text: string): string | null {
  if (text.length > MAX_LENGTH) return `A password hash has at most ${MAX_LENGTH} characters.`
  if (BARE_DIGEST.test(text)) return 'A bare digest such as MD5, SHA-1 or SHA-256 protects no password.'
  const format = formatOf(text)
  if (!format) return `This is no password hash of a known kind: ${FORMATS.map(({ name }) => name).join(', ')}.`
  const stored = format.read(text)
  if (!stored) return `This is no complete password hash of ${format.name}.`
  return stored.isAffordable ? null : `A check of this password hash of ${format.name} would cost too much.`
}

function formatOf(text: string): HashFormat | undefined {
  return FORMATS.find(({ prefix }) => prefix.test(text))
}
