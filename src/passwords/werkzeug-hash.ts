import { pbkdf2, type ScryptOptions, scrypt } from 'node:crypto'
import { promisify } from 'node:util'
import { type HashFormat, isEqual } from './stored-hash.ts'

const deriveByPbkdf2 = promisify(pbkdf2)
const deriveByScrypt = promisify<string, string, number, ScryptOptions, Buffer>(scrypt)

const SCRYPT = /^scrypt:(\d{1,10}):(\d{1,10}):(\d{1,10})\$([^$]+)\$([0-9a-f]{128})$/
const PBKDF2 = /^pbkdf2:(sha1|sha256|sha512):(\d{1,10})\$([^$]+)\$([0-9a-f]+)$/
const DIGEST_BYTES = { sha1: 20, sha256: 32, sha512: 64 }

/** N times r: 64 MiB, twice what Werkzeug's default of 32768:8:1 takes. */
const MOST_SCRYPT_BLOCKS = 524_288
/** N times r times p: some 2 seconds of one core. */
const MOST_SCRYPT_WORK = 2_097_152
/** Some 2 seconds of one core; programs of 2026 make hashes of about a million. */
export const MOST_PBKDF2_ITERATIONS = 5_000_000

/** `scrypt:N:r:p$salt$hex` of Werkzeug 3: scrypt (RFC 7914) with the salt as text. */
export const werkzeugScryptHash: HashFormat = {
  name: 'scrypt of Werkzeug',
  prefix: /^scrypt:/,
  read(text) {
    const [, n, r, p, salt, hex] = SCRYPT.exec(text) ?? []
    if (salt === undefined || hex === undefined) return null
    const [N, blockSize, parallelization] = [Number(n), Number(r), Number(p)]
    if (N < 2 || !Number.isInteger(Math.log2(N)) || blockSize < 1 || parallelization < 1) return null
    const expected = Buffer.from(hex, 'hex')
    // RFC 7914 needs 128 bytes for each block; Node counts its own buffers as well.
    const maxmem = 128 * blockSize * (N + parallelization + 2) + 65_536
    return {
      isAffordable: N * blockSize <= MOST_SCRYPT_BLOCKS && N * blockSize * parallelization <= MOST_SCRYPT_WORK,
      matches: async (password) =>
        isEqual(
          await deriveByScrypt(password, salt, expected.length, { N, r: blockSize, p: parallelization, maxmem }),
          expected,
        ),
    }
  },
}

/** `pbkdf2:sha256:N$salt$hex` of Werkzeug: PBKDF2 (RFC 8018) with the salt as text. */
export const werkzeugPbkdf2Hash: HashFormat = {
  name: 'PBKDF2 of Werkzeug',
  prefix: /^pbkdf2:/,
  read(text) {
    const [, algorithm, iterations, salt, hex] = PBKDF2.exec(text) ?? []
    if (algorithm === undefined || salt === undefined || hex === undefined) return null
    const expected = Buffer.from(hex, 'hex')
    if (expected.length !== DIGEST_BYTES[algorithm as keyof typeof DIGEST_BYTES] || Number(iterations) < 1) return null
    return {
      isAffordable: Number(iterations) <= MOST_PBKDF2_ITERATIONS,
      matches: async (password) =>
        isEqual(await deriveByPbkdf2(password, salt, Number(iterations), expected.length, algorithm), expected),
    }
  },
}
