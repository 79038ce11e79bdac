import { readFileSync } from 'node:fs'

/** Variables that may come from a file, named by NAME_FILE. */
export const SECRET_VARIABLES = ['DATABASE_URL', 'REDIS_URL', 'SECRET_KEY', 'SECRET_KEY_PREVIOUS'] as const

export interface VariableFault {
  variable: string
  rule: string
}

/** The environment with secrets read from their files. An empty variable counts as one that is not set. */
export function withSecretFiles(env: Readonly<Record<string, string | undefined>>): {
  values: Record<string, string | undefined>
  faults: VariableFault[]
} {
  const values = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''))
  const faults: VariableFault[] = []
  for (const variable of SECRET_VARIABLES) {
    const path = values[`${variable}_FILE`]
    if (path === undefined) continue
    const content =
      values[variable] === undefined ? readSecret(path) : { rule: `and ${variable}_FILE must not both be set` }
    if ('rule' in content) faults.push({ variable, rule: content.rule })
    else values[variable] = content.text
  }
  return { values, faults }

  function readSecret(path: string): { text: string } | { rule: string } {
    try {
      const text = readFileSync(path, 'utf8').replace(/\r?\n$/, '')
      return text === '' ? { rule: 'is empty in the file that is named for it' } : { text }
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : ''
      return { rule: `cannot be read from the file that is named for it${code}` }
    }
  }
}
