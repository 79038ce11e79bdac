import { createHmac, createSecretKey, type KeyObject, randomInt } from 'node:crypto'
import { crc32 } from 'node:zlib'

const PREFIX = 'gatehouse_'
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const RANDOM_LENGTH = 43
const CHECKSUM_LENGTH = 6
const SECRET = new RegExp(`^${PREFIX}([0-9A-Za-z]{${RANDOM_LENGTH}})([0-9A-Za-z]{${CHECKSUM_LENGTH}})$`)

/**
 * Secrets of API keys: `gatehouse_`, 43 random letters and digits (256 bits), and their CRC-32 in 6 digits of base 62.
 * Scanners for leaked secrets find them by the prefix, and a mistyped one fails the checksum, without a statement.
 */
export class ApiKeySecrets {
  /** Made once: `createHmac` takes ten times as long with the bytes of a key. */
  readonly #current: KeyObject
  readonly #previous: KeyObject | undefined

  /** Secrets that were stored by the previous MAC key are still found. */
  constructor({ current, previous }: { current: Uint8Array; previous?: Uint8Array }) {
    this.#current = createSecretKey(current)
    this.#previous = previous && createSecretKey(previous)
  }

  make(): string {
    const random = Array.from({ length: RANDOM_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
    return PREFIX + random + checksum(random)
  }

  /** What is stored of a secret: its reader can make none (ASVS 11.4.1). */
  hash(secret: string): string {
    return mac(this.#current, secret)
  }

  /** By the current and the previous SECRET_KEY; without a previous one, the same twice. */
  hashes(secret: string): readonly [string, string] {
    const current = this.hash(secret)
    return [current, this.#previous ? mac(this.#previous, secret) : current]
  }
}

/** Whether a text is meant to be an API key: no access token begins so. */
export function hasKeyPrefix(text: string): boolean {
  return text.startsWith(PREFIX)
}

/** Whether a text can be an API key: its form and its checksum are right. */
export function isApiKeySecret(text: string): boolean {
  const [, random, given] = SECRET.exec(text) ?? []
  return random !== undefined && checksum(random) === given
}

function checksum(random: string): string {
  let rest = crc32(random)
  let digits = ''
  for (let place = 0; place < CHECKSUM_LENGTH; place += 1) {
    digits = ALPHABET[rest % ALPHABET.length] + digits
    rest = Math.floor(rest / ALPHABET.length)
  }
  return digits
}

function mac(key: KeyObject, secret: string): string {
  return createHmac('sha256', key).update(secret).digest('base64url')
}
