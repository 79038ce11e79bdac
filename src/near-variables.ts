import { distance } from 'fastest-levenshtein'
import type { Environment } from './config.ts'
import { settingsSchema } from './config-variables.ts'
import { SECRET_VARIABLES } from './secret-file.ts'

/** Names shorter than this, such as HOST, are one edit from names that other programs read. */
const MIN_LENGTH = 6
/** Names from here on may have two edits. */
const LONG_LENGTH = 9

export interface NearVariable {
  name: string
  meant: string
}

/** Variables that are not read, and whose name is within one or two edits of one that is. */
export function nearVariables(env: Environment): NearVariable[] {
  const files = SECRET_VARIABLES.map((name) => `${name}_FILE`)
  const known = [...Object.keys(settingsSchema(false).shape), ...files]
  const unknown = Object.keys(env).filter((name) => env[name] && !known.includes(name))
  return unknown.flatMap((name) => {
    const meant = known.find((candidate) => isNear(name, candidate))
    return meant === undefined ? [] : [{ name, meant }]
  })
}

function isNear(name: string, known: string): boolean {
  if (known.length < MIN_LENGTH) return false
  return distance(singular(name.toUpperCase()), singular(known)) <= (known.length < LONG_LENGTH ? 1 : 2)
}

function singular(name: string): string {
  return name.replace(/IES$/, 'Y').replace(/S$/, '')
}
