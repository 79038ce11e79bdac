import { randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { bareText, isUtf16 } from './text-encoding.ts'

/** Variables that NAME_FILE can read from a file. */
export const SECRET_VARIABLES = ['DATABASE_URL', 'REDIS_URL', 'SECRET_KEY', 'SECRET_KEY_PREVIOUS'] as const

const MIN_SECRET_BYTES = 32
const NEW_SECRET_BYTES = 48

export interface SecretFiles {
  /** Null when the file cannot be used, which no setting accepts. */
  values: Record<string, string | null>
  /** The reasons, by the name of the variable. */
  faults: Map<string, string>
}

/** The secrets of all NAME_FILE variables, without a byte order mark and the line ends after them. */
export function readSecretFiles(env: Readonly<Record<string, string>>): SecretFiles {
  const files: SecretFiles = { values: {}, faults: new Map() }
  for (const name of SECRET_VARIABLES) {
    const path = env[`${name}_FILE`]
    if (path === undefined) continue
    try {
      if (env[name] !== undefined) throw new Error(`and ${name}_FILE must not both be set`)
      files.values[name] = readSecretFile(path)
    } catch (error) {
      files.values[name] = null
      files.faults.set(name, (error as Error).message)
    }
  }
  return files
}

function readSecretFile(path: string): string {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (error) {
    throw new Error(`cannot be read from the file that is named for it (${codeOf(error)})`)
  }
  if (isUtf16(bytes)) throw new Error('must be UTF-8 in the file that is named for it, and is UTF-16')
  const text = bareText(bytes.toString('utf8'))
  if (text === '') throw new Error('is empty in the file that is named for it')
  return text
}

/**
 * The secret of a development machine, read from the file or created there, readable by its owner only.
 * The file appears complete or not at all, so two processes that start at once use the same secret.
 *
 * @throws Error in plain words when it can neither be read nor created
 */
export function readOrCreateSecret(path = 'data/secret'): string {
  try {
    if (!existsSync(path)) createSecret(path)
    const secret = readFileSync(path, 'utf8').trim()
    if (Buffer.byteLength(secret) >= MIN_SECRET_BYTES) return secret
  } catch (error) {
    throw new Error(`${path} cannot be read or created (${codeOf(error)})`)
  }
  throw new Error(`${path} is shorter than ${MIN_SECRET_BYTES} bytes`)
}

function createSecret(path: string): void {
  mkdirSync(dirname(path), { recursive: true })
  const draft = `${path}.${randomBytes(8).toString('hex')}`
  try {
    writeDurably(draft, `${randomBytes(NEW_SECRET_BYTES).toString('base64url')}\n`)
    // link() fails when the name exists, unlike rename(), so the first of two processes wins.
    linkSync(draft, path)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

function writeDurably(path: string, text: string): void {
  const file = openSync(path, 'wx', 0o600)
  try {
    writeSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
}
