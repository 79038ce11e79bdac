import argon2 from 'argon2'
import type { HashFormat } from './stored-hash.ts'

const PHC = /^\$argon2(?:id|i|d)\$(?:v=\d+\$)?([a-z=,\d]+)\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+$/

const MOST_MEMORY_KIB = 262_144
/** Memory times iterations: about a second of one core. */
const MOST_WORK_KIB = 1_048_576
const MOST_LANES = 16

/** argon2id, argon2i and argon2d in PHC form (RFC 9106). The service's own hashes are argon2id. */
export const argon2Hash: HashFormat = {
  name: 'argon2',
  prefix: /^\$argon2/,
  read(text) {
    const [, parameters] = PHC.exec(text) ?? []
    if (parameters === undefined) return null
    const [memory, iterations, lanes] = ['m', 't', 'p'].map((name) => numberOf(parameters, name))
    if (!memory || !iterations || !lanes) return null
    return {
      isAffordable: memory <= MOST_MEMORY_KIB && memory * iterations <= MOST_WORK_KIB && lanes <= MOST_LANES,
      matches: (password) => argon2.verify(text, password),
    }
  },
}

function numberOf(parameters: string, name: string): number {
  return Number(new RegExp(`(?:^|,)${name}=(\\d{1,10})(?:,|$)`).exec(parameters)?.[1] ?? 0)
}
