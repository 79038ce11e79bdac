import type { FastifyInstance, FastifyRequest } from 'fastify'

/** Deeper than anything that fits a stored value of 4 KiB, and shallow enough for every recursive reader of it. */
const MAX_NESTING = 2_200

const UTF8_JSON = /^application\/json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?;?\s*$/i

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

class BadBodyError extends Error {
  readonly statusCode = 400
}

/**
 * Bodies are JSON in UTF-8 or nothing at all: every other media type, parameter or content coding leaves the body
 * undefined, to be answered 415 after the CSRF check. They are buffered all the same, for BODY_LIMIT to hold.
 */
export function acceptJsonOnly(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body, done) => {
    if (!isPlainJson(request)) return done(null, undefined)
    try {
      done(null, parseStrictly(body as Buffer))
    } catch {
      // The engine's message quotes the body.
      done(new BadBodyError('The body is not valid JSON.'), undefined)
    }
  })
}

export function isPlainJson(request: FastifyRequest): boolean {
  const coding = request.headers['content-encoding']
  return UTF8_JSON.test(request.headers['content-type'] ?? '') && (coding === undefined || coding === 'identity')
}

/** @throws on broken UTF-8, a byte order mark, broken JSON, a key given twice (RFC 8259, section 4), deep nesting */
function parseStrictly(body: Uint8Array): unknown {
  const text = utf8.decode(body)
  const value: unknown = JSON.parse(text)
  const keys = countKeys(value)
  // Every key ends so, and a text may hold the same: only where there are more than keys is it counted with care.
  const mayBeKeys = text.match(/"\s*:/g)?.length ?? 0
  if (keys !== mayBeKeys && keys !== countWrittenKeys(text)) throw new SyntaxError('A key stands twice.')
  return value
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

/** Of valid JSON: a string before a colon is a key. The others are matched too, lest one be read from its middle. */
function countWrittenKeys(text: string): number {
  const strings = text.match(/"[^"\\]*(?:\\.[^"\\]*)*"(?:\s*:)?/g) ?? []
  return strings.filter((match) => match.endsWith(':')).length
}
