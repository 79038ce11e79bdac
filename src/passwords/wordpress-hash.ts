import { createHmac } from 'node:crypto'
import { bcryptHash } from './bcrypt-hash.ts'
import type { HashFormat } from './stored-hash.ts'

const PREFIX = '$wp'
/** What PHP's trim() removes, which WordPress applies to passwords. */
const PHP_SPACE = /^[ \n\r\t\v\0]+|[ \n\r\t\v\0]+$/g

/**
 * `$wp$2y$…` of WordPress 6.8: bcrypt over an HMAC of the trimmed password, so that bytes beyond bcrypt's 72 count.
 * Older hashes in the same table are phpass.
 */
export const wordpressHash: HashFormat = {
  name: 'WordPress 6.8',
  prefix: /^\$wp\$2y\$/,
  read(text) {
    const stored = bcryptHash.read(text.slice(PREFIX.length))
    if (stored === null) return null
    return {
      isAffordable: stored.isAffordable,
      matches: (password) =>
        stored.matches(createHmac('sha384', 'wp-sha384').update(password.replace(PHP_SPACE, '')).digest('base64')),
    }
  },
}
