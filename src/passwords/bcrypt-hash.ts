import { verify } from '@node-rs/bcrypt'
import type { HashFormat } from './stored-hash.ts'

const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/
const LEAST_ROUNDS = 4
/** Each doubles the work; 15 take about 2 seconds of one core. */
const MOST_ROUNDS = 15

/** bcrypt as `$2a$`, `$2b$` and `$2y$`, which are one algorithm for texts without NUL. It reads 72 bytes of a password. */
export const bcryptHash: HashFormat = {
  name: 'bcrypt',
  prefix: /^\$2[abxy]?\$/,
  read(text) {
    const rounds = Number(BCRYPT.exec(text)?.[1] ?? 0)
    if (rounds < LEAST_ROUNDS) return null
    return { isAffordable: rounds <= MOST_ROUNDS, matches: (password) => verify(password, text) }
  },
}
