import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { StartRefusedError } from './errors.ts'
import { bareText, isUtf16 } from './text-encoding.ts'

/** Variables that NAME_FILE can read from a file. */
export const SECRET_VARIABLES = ['DATABASE_URL', 'MAIL_URL', 'REDIS_URL', 'SECRET_KEY', 'SECRET_KEY_PREVIOUS'] as const

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
 * The secret of a development machine; null where there is no such file.
 * @throws StartRefusedError when it cannot be read
 */
export function readSecret(path: string): string | null {
  let secret: string
  try {
    secret = readFileSync(path, 'utf8').trim()
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw new StartRefusedError(`${path} cannot be read (${codeOf(error)})`)
  }
  if (Buffer.byteLength(secret) >= MIN_SECRET_BYTES) return secret
  throw new StartRefusedError(`${path} is shorter than ${MIN_SECRET_BYTES} bytes`)
}

export function generateSecret(): string {
  return randomBytes(NEW_SECRET_BYTES).toString('base64url')
}

/**
 * Writes a secret, readable by its owner only, and returns the one that the file holds: it appears complete or not at
 * all, so of two processes that start at once both use that of the first.
 *
 * @throws StartRefusedError when it can neither be read nor created
 */
export function storeSecret(path: string, secret: string): string {
  try {
    createSecret(path, secret)
    const stored = readSecret(path)
    if (stored !== null) return stored
  } catch (error) {
    if (error instanceof StartRefusedError) throw error
    throw new StartRefusedError(`SECRET_KEY is not set, and ${path} cannot be created (${codeOf(error)})`)
  }
  throw new StartRefusedError(`SECRET_KEY is not set, and ${path} has been removed`)
}

function createSecret(path: string, secret: string): void {
  mkdirSync(dirname(path), { recursive: true })
  const draft = `${path}.${randomBytes(8).toString('hex')}`
  try {
    writeDurably(draft, `${secret}\n`)
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
