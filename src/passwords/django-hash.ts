import { pbkdf2 } from 'node:crypto'
import { promisify } from 'node:util'
import { type HashFormat, isEqual } from './stored-hash.ts'
import { MOST_PBKDF2_ITERATIONS } from './werkzeug-hash.ts'

const derive = promisify(pbkdf2)

const DJANGO = /^pbkdf2_sha256\$(\d{1,10})\$([^$]+)\$([A-Za-z0-9+/]{43}=)$/

/** `pbkdf2_sha256$N$salt$base64` of Django: PBKDF2 (RFC 8018) with the salt as text. */
export const djangoHash: HashFormat = {
  name: 'PBKDF2 of Django',
  prefix: /^pbkdf2_sha256\$/,
  read(text) {
    const [, iterations, salt, base64] = DJANGO.exec(text) ?? []
    if (salt === undefined || base64 === undefined || Number(iterations) < 1) return null
    const expected = Buffer.from(base64, 'base64')
    return {
      isAffordable: Number(iterations) <= MOST_PBKDF2_ITERATIONS,
      matches: async (password) =>
        isEqual(await derive(password, salt, Number(iterations), expected.length, 'sha256'), expected),
    }
  },
}
