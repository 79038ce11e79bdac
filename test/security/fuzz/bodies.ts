import fc from 'fast-check'
import type { Operation } from './operations.ts'

/** A random request. */
export interface RandomRequest {
  method: string
  path: string
  headers: Record<string, string>
  body: Buffer
}

const TYPES = [
  'application/json',
  'application/json; charset=utf-8',
  'application/json; charset=utf-16',
  'application/graphql',
  'text/plain',
  'multipart/form-data; boundary=x',
  '',
]
const ACCEPTS = ['*/*', 'application/json', 'application/graphql-response+json', 'text/html', 'image/png', 'a', '']
const ENCODINGS = ['gzip', 'br', 'x']
const METHODS = ['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
const PATHS = ['/graphql?query={me{id}}', '/health/ready', '/%00', '/x/../..']

/** Random bytes, random JSON, and requests with some bytes changed. */
export function requestsAround(operations: fc.Arbitrary<Operation>): fc.Arbitrary<RandomRequest> {
  return fc.record({
    method: mostly('POST', fc.constantFrom(...METHODS)),
    path: mostly('/graphql', fc.constantFrom(...PATHS)),
    headers: headers(),
    body: fc.oneof(bytes(), json(), misshapen(), { weight: 3, arbitrary: changed(operations) }),
  })
}

/** Most headers are valid, so that requests get past the first checks. */
function mostly<Value>(usual: Value, odd: fc.Arbitrary<Value>): fc.Arbitrary<Value> {
  return fc.oneof({ weight: 8, arbitrary: fc.constant(usual) }, odd)
}

function headers(): fc.Arbitrary<Record<string, string>> {
  const text = fc.string({ unit: 'grapheme-ascii', maxLength: 60 })
  const after = (start: string) => text.map((value) => `${start}${value}`)
  return fc.record(
    {
      'content-type': mostly('application/json', fc.oneof(fc.constantFrom(...TYPES), text)),
      accept: mostly('application/json', fc.oneof(fc.constantFrom(...ACCEPTS), text)),
      'content-encoding': mostly('identity', fc.constantFrom(...ENCODINGS)),
      authorization: fc.oneof(text, after('Bearer ')),
      cookie: fc.oneof(text, after('__Host-gatehouse-refresh=')),
      origin: fc.oneof(fc.webUrl(), text),
      'x-request-id': text,
      'x-csrf-token': text,
      'x-forwarded-for': fc.oneof(fc.ipV4(), fc.ipV6(), text),
      'user-agent': text,
      'accept-language': text,
    },
    { requiredKeys: ['content-type'] },
  )
}

function bytes(): fc.Arbitrary<Buffer> {
  return fc.uint8Array({ maxLength: 600 }).map((value) => Buffer.from(value))
}

function json(): fc.Arbitrary<Buffer> {
  return fc.json({ maxDepth: 4 }).map((text) => Buffer.from(text))
}

/** The keys of a GraphQL request, with random values. */
function misshapen(): fc.Arbitrary<Buffer> {
  const anything = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.constantFrom('{ me { id } }', '{ __typename }', 'query', '{'),
  )
  return fc
    .record(
      { query: anything, variables: anything, operationName: anything, extensions: anything, id: anything },
      { requiredKeys: [] },
    )
    .map((value) => Buffer.from(JSON.stringify(value)))
}

function changed(operations: fc.Arbitrary<Operation>): fc.Arbitrary<Buffer> {
  const change = fc.record({
    at: fc.nat(),
    kind: fc.constantFrom('set' as const, 'insert' as const, 'remove' as const, 'double' as const),
    byte: fc.oneof(fc.integer({ min: 32, max: 126 }), fc.integer({ min: 0, max: 255 })),
    length: fc.integer({ min: 1, max: 20 }),
  })
  return fc
    .tuple(operations, fc.array(change, { minLength: 1, maxLength: 4 }))
    .map(([operation, changes]) => changes.reduce(changeBytes, Buffer.from(JSON.stringify(operation))))
}

interface Change {
  at: number
  kind: 'set' | 'insert' | 'remove' | 'double'
  byte: number
  length: number
}

function changeBytes(body: Buffer, { at, kind, byte, length }: Change): Buffer {
  const start = at % (body.length + 1)
  const [before, part, after] = [
    body.subarray(0, start),
    body.subarray(start, start + length),
    body.subarray(start + length),
  ]
  if (kind === 'remove') return Buffer.concat([before, after])
  if (kind === 'double') return Buffer.concat([before, part, part, after])
  if (kind === 'insert') return Buffer.concat([before, Buffer.from([byte]), part, after])
  return Buffer.concat([before, Buffer.from([byte]), part.subarray(1), after])
}
