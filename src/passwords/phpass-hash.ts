import { createHash } from 'node:crypto'
import { setImmediate as yieldToOthers } from 'node:timers/promises'
import { type HashFormat, isEqual } from './stored-hash.ts'

const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const PHPASS = /^\$[PH]\$([./0-9A-Za-z])([./0-9A-Za-z]{8})([./0-9A-Za-z]{22})$/

/** The portable hash allows 2^7 to 2^30 rounds; WordPress and phpBB take 2^13 at most. */
const LEAST_LOG2 = 7
const GREATEST_LOG2 = 30
const MOST_LOG2 = 18
/** About half a millisecond, after which requests have their turn: MD5 has no form off the event loop. */
const SLICE = 512

/** The portable hash of phpass: `$P$` in WordPress before 6.8, `$H$` in phpBB 3. Rounds of MD5. */
export const phpassHash: HashFormat = {
  name: 'phpass',
  prefix: /^\$[PH]\$/,
  read(text) {
    const [, cost, salt, digest] = PHPASS.exec(text) ?? []
    if (cost === undefined || salt === undefined || digest === undefined) return null
    const log2 = ALPHABET.indexOf(cost)
    if (log2 < LEAST_LOG2 || log2 > GREATEST_LOG2) return null
    return {
      isAffordable: log2 <= MOST_LOG2,
      matches: async (password) => isEqual(encode(await derive(password, salt, 2 ** log2)), Buffer.from(digest)),
    }
  },
}

async function derive(password: string, salt: string, rounds: number): Promise<Buffer> {
  const bytes = Buffer.from(password)
  let digest = md5(Buffer.from(salt), bytes)
  for (let round = 0; round < rounds; round += 1) {
    if (round % SLICE === SLICE - 1) await yieldToOthers()
    digest = md5(digest, bytes)
  }
  return digest
}

function md5(first: Buffer, second: Buffer): Buffer {
  return createHash('md5').update(first).update(second).digest()
}

/** Three bytes as four characters, the lowest six bits first. */
function encode(bytes: Buffer): Buffer {
  let text = ''
  for (let index = 0; index < bytes.length; index += 3) {
    const part = bytes.subarray(index, index + 3)
    let bits = part.readUIntLE(0, part.length)
    for (let character = 0; character <= part.length; character += 1) {
      text += ALPHABET[bits & 63]
      bits >>= 6
    }
  }
  return Buffer.from(text)
}
