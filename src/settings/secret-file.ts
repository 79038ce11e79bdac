import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/** 48 random bytes, half as many again as a key must have. */
const SECRET_BYTES = 48

/**
 * The secret of a development machine: read from the file, which is made where it is missing, for its owner alone.
 * The file appears whole or not at all, so of two first starts one makes it and the other reads the same.
 *
 * @throws the file system's error where it can neither be read nor made
 */
export function readOrCreateSecret(path = 'data/secret'): string {
  return readSecret(path) ?? createSecret(path)
}

function readSecret(path: string): string | undefined {
  try {
    const secret = readFileSync(path, 'utf8').trim()
    if (Buffer.byteLength(secret) >= 32) return secret
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
  throw Object.assign(new Error('The secret is shorter than 32 bytes.'), { code: 'shorter than 32 bytes' })
}

function createSecret(path: string): string {
  mkdirSync(dirname(path), { recursive: true })
  const draft = `${path}.${randomBytes(8).toString('hex')}`
  try {
    writeDurably(draft, `${randomBytes(SECRET_BYTES).toString('base64url')}\n`)
    // link() fails where the name exists, unlike rename().
    linkSync(draft, path)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  } finally {
    rmSync(draft, { force: true })
  }
  const secret = readSecret(path)
  if (secret === undefined) throw Object.assign(new Error('The secret is gone.'), { code: 'ENOENT' })
  return secret
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

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
