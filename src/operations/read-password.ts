import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import type { ReadStream } from 'node:tty'
import { StartRefusedError } from '../errors.ts'
import { bareText, isUtf16 } from '../text-encoding.ts'

/** Well above the longest password. More input is not a password, so reading stops. */
const MAX_BYTES = 4096

/**
 * Reads a password: at a terminal by a prompt without echo, else from the first line of standard input.
 *
 * @param isStdinMeant whether --password-stdin was given; without it only a terminal is read
 * @throws StartRefusedError when there is no password
 */
export async function readPassword(input: ReadStream | NodeJS.ReadStream, isStdinMeant: boolean): Promise<string> {
  if (input.isTTY) return askPassword(input)
  if (isStdinMeant) return readFirstLine(input)
  throw new StartRefusedError('Give the password on standard input with --password-stdin, or run this at a terminal.')
}

function askPassword(input: NodeJS.ReadStream): Promise<string> {
  const silence = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input, output: silence, terminal: true, historySize: 0 })
  process.stderr.write('Password: ')
  return new Promise((resolve, reject) => {
    lines.once('line', (line) => {
      resolve(line)
      lines.close()
    })
    lines.once('close', () => {
      process.stderr.write('\n')
      reject(new StartRefusedError('No password was given.'))
    })
  })
}

/** White space is part of a password: only the line end and a byte order mark are removed. */
async function readFirstLine(input: NodeJS.ReadStream): Promise<string> {
  let bytes = Buffer.alloc(0)
  for await (const chunk of input) {
    bytes = Buffer.concat([bytes, chunk as Buffer])
    if (bytes.includes('\n') || bytes.length > MAX_BYTES) break
  }
  const end = bytes.indexOf('\n')
  const line = bareText(decode(end < 0 ? bytes : bytes.subarray(0, end)))
  if (line === '') throw new StartRefusedError('No password came on standard input.')
  return line
}

function decode(bytes: Buffer): string {
  if (isUtf16(bytes)) throw new StartRefusedError('The password on standard input must be UTF-8, and is UTF-16.')
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new StartRefusedError('The password on standard input is not UTF-8.')
  }
}
