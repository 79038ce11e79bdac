import { StartRefusedError } from '../../errors.ts'
import { isUtf16 } from '../../text-encoding.ts'

/** A line of input, counted from 1. */
export interface Line {
  number: number
  /** Null where the line is too long, not UTF-8, or no JSON object. */
  record: Record<string, unknown> | null
  /** Bytes of the input up to the end of the line. */
  position: number
}

/** Well above the longest account. Longer lines are dropped while they are read, so that memory stays flat. */
const MAX_LINE_BYTES = 65_536
const NEWLINE = 0x0a

/**
 * The lines of JSON Lines in UTF-8, with a byte order mark or without. Empty ones are left out.
 * @throws StartRefusedError for UTF-16
 */
export async function* readJsonLines(input: AsyncIterable<Buffer>): AsyncGenerator<Line> {
  let number = 0
  let position = 0
  for await (const bytes of splitLines(input)) {
    number += 1
    position += bytes.length + 1
    if (number === 1 && isUtf16(bytes)) throw new StartRefusedError('The input must be UTF-8, and is UTF-16.')
    const text = decode(bytes)
    if (text?.trim() !== '') yield { number, position, record: text === null ? null : parse(text) }
  }
}

/** Each line without its end, cut after the longest that is read. */
async function* splitLines(input: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let begun = Buffer.alloc(0)
  const grow = (part: Buffer) => {
    if (begun.length <= MAX_LINE_BYTES) begun = Buffer.concat([begun, part])
  }
  for await (const chunk of input) {
    let from = 0
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      grow(chunk.subarray(from, end))
      yield begun
      begun = Buffer.alloc(0)
      from = end + 1
    }
    grow(chunk.subarray(from))
  }
  if (begun.length > 0) yield begun
}

function decode(bytes: Buffer): string | null {
  if (bytes.length > MAX_LINE_BYTES) return null
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return null
  }
}

/** The parser's own message would quote the line. */
function parse(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null
  } catch {
    return null
  }
}
