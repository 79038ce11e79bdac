import type { FastifyInstance, FastifyRequest } from 'fastify'
import { exactNumber } from '../graphql/scalars.ts'

/** A stored value of 4 KiB nests less deeply, and every recursive reader of a body survives so many levels. */
const MAX_NESTING = 2_200

const UTF8_JSON = /^application\/json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?;?\s*$/i

/** Integers of 15 digits fit into a number; most bodies have no longer one. */
const LONG_NUMBER = /\d[\d.]{15}/

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

class BadBodyError extends Error {
  readonly statusCode = 400
}

/**
 * Reads bodies of JSON in UTF-8. Any other media type, parameter or content coding leaves the body undefined, and is
 * answered 415 after Apollo's CSRF check. Such a body is buffered too, so that BODY_LIMIT holds for it.
 */
export function acceptJsonOnly(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body, done) => {
    if (!isPlainJson(request)) return done(null, undefined)
    try {
      done(null, parseStrictly(body as Buffer))
    } catch {
      // The message of JSON.parse quotes the body.
      done(new BadBodyError('The body is not valid JSON.'), undefined)
    }
  })
}

export function isPlainJson(request: FastifyRequest): boolean {
  return UTF8_JSON.test(request.headers['content-type'] ?? '') && !isEncoded(request)
}

/** Whether the body is compressed, or encoded otherwise. */
export function isEncoded({ headers }: FastifyRequest): boolean {
  const coding = headers['content-encoding']
  return coding !== undefined && coding !== 'identity'
}

/**
 * Integers beyond those that a number holds exactly become BigInts.
 * @throws on broken UTF-8, a byte order mark, broken JSON, a key given twice (RFC 8259, section 4), deep nesting
 */
function parseStrictly(body: Uint8Array): unknown {
  const text = utf8.decode(body)
  const value: unknown = JSON.parse(text)
  const keys = countKeys(value)
  // `":` also occurs inside strings, so a different count is only a hint; then count exactly.
  const mayBeKeys = text.match(/"\s*:/g)?.length ?? 0
  if (keys !== mayBeKeys && keys !== countWrittenKeys(text)) throw new SyntaxError('Duplicate key.')
  return LONG_NUMBER.test(text) ? JSON.parse(text, keepIntegers) : value
}

/** Reviver of JSON.parse; with the source text it sees the digits that a number has lost. */
function keepIntegers(_key: string, value: unknown, context?: { source?: string }): unknown {
  const source = context?.source
  return typeof value === 'number' && source !== undefined ? exactNumber(source) : value
}

function countKeys(root: unknown): number {
  let keys = 0
  let level: unknown[] = [root]
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAX_NESTING) throw new RangeError('Nested too deeply.')
    const objects = level.filter((value) => typeof value === 'object' && value !== null)
    keys += objects.reduce<number>((sum, value) => sum + (Array.isArray(value) ? 0 : Object.keys(value).length), 0)
    level = objects.flatMap((value) => Object.values(value))
  }
  return keys
}

/** For valid JSON: a string before a colon is a key. Other strings are matched too, to skip what they hold. */
function countWrittenKeys(text: string): number {
  const strings = text.match(/"[^"\\]*(?:\\.[^"\\]*)*"(?:\s*:)?/g) ?? []
  return strings.filter((match) => match.endsWith(':')).length
}
