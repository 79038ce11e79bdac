import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Answer, ask, post, sendRaw } from './http-client.ts'
import { startTestServer, type TestServer } from './test-server.ts'

const GRAPHQL_JSON = 'application/graphql-response+json'
const PREFLIGHT = { 'apollo-require-preflight': '1' }

let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

function codes(answer: Answer): unknown[] {
  return (answer.body.errors ?? []).map((error) => error.extensions.code)
}

describe('the status of /graphql', () => {
  const refused = [
    ['what cannot be parsed', { query: '{' }, 'GRAPHQL_PARSE_FAILED'],
    ['what does not fit the schema', { query: '{ nothing }' }, 'GRAPHQL_VALIDATION_FAILED'],
    [
      'variables that do not fit',
      { query: 'query ($v: Int!) { number(value: $v) }', variables: { v: 'x' } },
      'BAD_USER_INPUT',
    ],
    ['what is too complex', { query: `{ ${'hello '.repeat(31)} }` }, 'QUERY_TOO_COMPLEX'],
    ['what costs too much', { query: '{ users(first: 5000) { nodes { id } } }' }, 'QUERY_TOO_COMPLEX'],
    ['a subscription', { query: 'subscription { hello }' }, 'OPERATION_RESOLUTION_FAILURE'],
    ['an unknown operation', { query: 'query A { hello }', operationName: 'B' }, 'OPERATION_RESOLUTION_FAILURE'],
  ] as const

  test.each(refused)("is 400 with GraphQL's own type for %s", async (_, body, code) => {
    const answer = await post(server.graphql, body, { accept: GRAPHQL_JSON })
    expect([answer.status, codes(answer)]).toEqual([400, [code]])
    expect(answer.headers.get('content-type')).toBe(`${GRAPHQL_JSON}; charset=utf-8`)
    expect(answer.body).not.toHaveProperty('data')
  })

  test.each(refused)('is 200 with application/json, */* and without Accept for %s', async (_, body, code) => {
    for (const accept of ['application/json', '*/*', 'application/*']) {
      const answer = await post(server.graphql, body, { accept })
      expect([accept, answer.status, codes(answer)]).toEqual([accept, 200, [code]])
    }
    const text = JSON.stringify(body)
    const answer = await sendRaw(
      server.url,
      `POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: ${text.length}\r\n\r\n${text}`,
    )
    expect(answer.status).toBe(200)
  })

  test('is that of the part between ? and # of a GET', async () => {
    const line = 'GET /graphql?query=%7B%20hello%20%7D&variables=%7B%7D#part HTTP/1.1'
    const head = [line, 'Host: x', 'Apollo-Require-Preflight: 1', 'Connection: close']
    const answer = await sendRaw(server.url, `${head.join('\r\n')}\r\n\r\n`)
    expect([answer.status, answer.body.data]).toEqual([200, { hello: 'world' }])
  })

  test.each(['application/json', GRAPHQL_JSON])('is 200 once execution began, with %s', async (accept) => {
    const answer = await post(server.graphql, { query: '{ hello forbidden }' }, { accept })
    expect(answer.status).toBe(200)
    expect(answer.body.data).toEqual({ hello: 'world', forbidden: null })
    expect(codes(answer)).toEqual(['FORBIDDEN'])
  })

  test.each(['application/json', GRAPHQL_JSON])(
    'is 200 for persisted queries, never cached, with %s',
    async (accept) => {
      const extensions = { persistedQuery: { version: 1, sha256Hash: 'a'.repeat(64) } }
      const answer = await post(server.graphql, { extensions }, { accept })
      expect([answer.status, codes(answer)]).toEqual([200, ['PERSISTED_QUERY_NOT_SUPPORTED']])
      expect(answer.headers.get('cache-control')).toBe('no-store')
    },
  )

  test.each([
    ['a batch', '[{"query":"{ hello }"}]'],
    ['an empty batch', '[]'],
    ['malformed JSON', '{"query":'],
    ['an empty body', ''],
    ['null', 'null'],
    ['a text', '"{ hello }"'],
    ['an object without a query', '{"foo":1}'],
    ['a query that is no text', '{"query":{"a":1}}'],
    ['variables that are no object', '{"query":"{ hello }","variables":[1]}'],
    ['a byte order mark', '\ufeff{"query":"{ hello }"}'],
    ['a key that stands twice', '{"query":"{ hello }","query":"mutation { count }"}'],
    ['a key that stands twice, spelled differently', '{"query":"{ hello }","qu\\u0065ry":"mutation { count }"}'],
    ['nesting without an end', `{"query":"{ hello }","variables":{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}}`],
  ])('is 400 BAD_REQUEST for %s, whatever the Accept', async (_, body) => {
    for (const accept of ['application/json', GRAPHQL_JSON]) {
      const answer = await post(server.graphql, body, { accept })
      expect([answer.status, codes(answer)]).toEqual([400, ['BAD_REQUEST']])
    }
    expect(server.ran()).toBe(0)
  })

  test('texts with colons, quotes and odd keys are no duplicates', async () => {
    const variables = { text: '":":"a":{\\"', other: ['":', { __proto__x: ':"', 'a":b': 1 }] }
    const answer = await post(server.graphql, { query: 'query ($text: String) { echo(text: $text) }', variables })
    expect(answer.body.data).toEqual({ echo: variables.text })
  })

  test('__proto__, constructor and toString as alias, variable or key are inert', async () => {
    const query = 'query ($__proto__: String) { __proto__: echo(text: $__proto__) constructor: hello toString: hello }'
    const answer = await post(
      server.graphql,
      `{"query":${JSON.stringify(query)},"variables":{"__proto__":"x","constructor":1}}`,
    )
    expect(answer.status).toBe(200)
    expect(answer.text).toContain('"__proto__":"x"')
  })

  test('broken UTF-8 is 400', async () => {
    const answer = await ask(server.graphql, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: Buffer.from('7b227175657279223a22ff227d', 'hex'),
    })
    expect([answer.status, codes(answer)]).toEqual([400, ['BAD_REQUEST']])
  })

  test('a body above the limit is 413, declared or streamed', async () => {
    const declared = await post(server.graphql, { query: `{ hello } # ${'x'.repeat(70_000)}` })
    expect([declared.status, codes(declared)]).toEqual([413, ['BAD_REQUEST']])
    const chunk = `{"query":"${'x'.repeat(70_000)}`
    const streamed = await sendRaw(
      server.url,
      `POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n`,
      `${chunk.length.toString(16)}\r\n${chunk}\r\n`,
    )
    expect(streamed.status).toBe(413)
    expect(streamed.headers.get('x-content-type-options')).toBe('nosniff')
  })

  test('a body of exactly the limit is read', async () => {
    const frame = JSON.stringify({ query: '{ hello } #' })
    const body = JSON.stringify({ query: `{ hello } #${'x'.repeat(65_536 - frame.length)}` })
    expect(body).toHaveLength(65_536)
    expect((await post(server.graphql, body)).body.data).toEqual({ hello: 'world' })
  })

  test('a mutation by GET is 405 and does not run', async () => {
    const answer = await ask(`${server.graphql}?query=mutation{count}`, { headers: PREFLIGHT })
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST'])
    expect(server.ran()).toBe(0)
  })

  test('a query by GET runs with a preflight header, and is 400 without one', async () => {
    const url = `${server.graphql}?query={hello}`
    expect((await ask(url, { headers: PREFLIGHT })).body.data).toEqual({ hello: 'world' })
    const refused = await ask(url)
    expect(refused.status).toBe(400)
    expect(refused.body.errors?.[0]?.message).toMatch(
      /'content-type'.+following headers: x-apollo-operation-name, apollo-require-preflight\.$/,
    )
  })

  test('an empty operationName is none', async () => {
    const query = 'query Hello { hello }'
    const url = `${server.graphql}?query=${encodeURIComponent(query)}&operationName=`
    expect((await ask(url, { headers: PREFLIGHT })).body.data).toEqual({ hello: 'world' })
    expect((await post(server.graphql, { query, operationName: '' })).body.data).toEqual({ hello: 'world' })
    const two = await post(server.graphql, { query: 'query A { hello } query B { hello }', operationName: '' })
    expect(codes(two)).toEqual(['OPERATION_RESOLUTION_FAILURE'])
  })

  test.each(['PUT', 'PATCH', 'DELETE', 'HEAD'])('%s is 405', async (method) => {
    const answer = await ask(server.graphql, { method, headers: PREFLIGHT })
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, POST'])
  })

  test('an Accept that no answer can meet is 406 before anything runs', async () => {
    for (const accept of ['text/plain', 'image/png, text/html;q=0.5', 'application/xml']) {
      expect((await post(server.graphql, { query: 'mutation { count }' }, { accept })).status).toBe(406)
    }
    expect(server.ran()).toBe(0)
  })
})

describe('what a foreign page can send without a preflight (ASVS 3.5.2)', () => {
  const bodies = [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/plain;charset=UTF-8',
  ]

  test.each(bodies)('%s is 400 before it is 415, and nothing runs', async (type) => {
    const body = JSON.stringify({ query: 'mutation { count }' })
    const init = (headers: Record<string, string>) => ({
      method: 'POST',
      body,
      headers: { 'content-type': type, ...headers },
    })
    expect((await ask(server.graphql, init({}))).status).toBe(400)
    expect((await ask(server.graphql, init(PREFLIGHT))).status).toBe(415)
    expect(server.ran()).toBe(0)
  })

  test('no content type is 400, and 415 with a preflight header', async () => {
    const body = Buffer.from('{"query":"mutation { count }"}')
    expect((await ask(server.graphql, { method: 'POST', body })).status).toBe(400)
    expect((await ask(server.graphql, { method: 'POST', body, headers: PREFLIGHT })).status).toBe(415)
    expect((await ask(server.graphql, { method: 'POST', headers: PREFLIGHT })).status).toBe(415)
  })

  test.each([
    'application/json;x=text/plain',
    'application/json; charset=utf-16',
    'application/json, text/plain',
    'application/graphql',
    'text/json',
    'nonsense',
  ])('%s is 415', async (type) => {
    const answer = await post(server.graphql, { query: 'mutation { count }' }, { 'content-type': type })
    expect([answer.status, codes(answer)]).toEqual([415, ['BAD_REQUEST']])
    expect(server.ran()).toBe(0)
  })

  test('a compressed body is 415, and never unpacked', async () => {
    const answer = await post(server.graphql, { query: '{ hello }' }, { 'content-encoding': 'gzip' })
    expect(answer.status).toBe(415)
  })

  test.each(['application/json', 'application/json; charset=utf-8', 'application/json;charset="UTF-8"'])(
    '%s runs',
    async (type) => {
      expect((await post(server.graphql, { query: '{ hello }' }, { 'content-type': type })).body.data).toEqual({
        hello: 'world',
      })
    },
  )
})

describe('everything else', () => {
  test.each(['/graphql/', '/GraphQL', '/graphql/x', '/metrics', '/health', '/health/x', '/.well-known/x'])(
    '%s is 404 in JSON',
    async (path) => {
      for (const method of ['GET', 'POST', 'OPTIONS', 'DELETE']) {
        const answer = await ask(server.url + path, { method })
        expect([method, answer.status, answer.text]).toEqual([method, 404, '{"error":"Not found"}'])
        expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
      }
    },
  )

  test('broken or huge bodies to an unknown path are still 404', async () => {
    expect((await post(`${server.url}/nothing`, '{')).text).toBe('{"error":"Not found"}')
    expect((await post(`${server.url}/nothing`, 'x'.repeat(70_000))).status).toBe(404)
  })

  test('a plain OPTIONS of the endpoint is answered', async () => {
    expect((await ask(server.graphql, { method: 'OPTIONS' })).status).toBe(204)
  })

  test('the keys are public for five minutes', async () => {
    const answer = await ask(`${server.url}/.well-known/jwks.json`)
    expect([answer.status, answer.text, answer.headers.get('cache-control')]).toEqual([
      200,
      '{"keys":[]}',
      'public, max-age=300',
    ])
  })

  test('a fault outside GraphQL is 500 in JSON and tells nothing', async () => {
    const broken = await startTestServer({}, { jwks: () => Promise.reject(new Error('secret-detail')) })
    const answer = await ask(`${broken.url}/.well-known/jwks.json`)
    expect([answer.status, answer.text]).toEqual([500, '{"error":"Internal server error"}'])
    expect(broken.lines.join()).toContain('Internal server error')
    await broken.close()
  })

  test('keys that cannot be read for the database are 503', async () => {
    const jwks = () => Promise.reject(Object.assign(new Error('gone'), { code: 'PROTOCOL_CONNECTION_LOST' }))
    const away = await startTestServer({}, { jwks })
    expect((await ask(`${away.url}/.well-known/jwks.json`)).status).toBe(503)
    await away.close()
  })
})
