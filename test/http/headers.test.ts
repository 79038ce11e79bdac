import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RateLimitedError } from '../../src/errors.ts'
import { securityHeaders } from '../../src/http/security-headers.ts'
import { type Answer, ask, post, sendRaw } from './http-client.ts'
import { startTestServer, type TestServer } from './test-server.ts'

const ORIGIN = 'https://app.example.com'

/** With headers of tracing and of Apollo Client, and one that nobody knows. */
const ASKED_HEADERS = 'apollographql-client-name,authorization,baggage,content-type,sentry-trace,traceparent,x-other'

/** The headers of every answer. */
const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
}

let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

function raw(...lines: string[]): Promise<Answer> {
  return sendRaw(server.url, `${lines.join('\r\n')}\r\n\r\n`)
}

function introspect(body: string): Promise<Answer> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  return ask(`${server.url}/oauth/introspect`, { method: 'POST', headers, body })
}

/** Answers of every kind: by GraphQL, by hooks, by error handlers, and written by hand. */
const ANSWERS: [string, number, () => Promise<Answer>][] = [
  ['a result', 200, () => post(server.graphql, { query: '{ hello }' })],
  ['a failed field', 200, () => post(server.graphql, { query: '{ plainFault }' })],
  ['malformed JSON', 400, () => post(server.graphql, '{')],
  ['the CSRF check', 400, () => ask(server.graphql)],
  ['a wrong method', 405, () => ask(server.graphql, { method: 'PUT' })],
  ['a wrong Accept', 406, () => post(server.graphql, { query: '{ hello }' }, { accept: 'text/plain' })],
  ['a large body', 413, () => post(server.graphql, 'x'.repeat(70_000))],
  ['a wrong content type', 415, () => post(server.graphql, '{}', { 'content-type': 'a/b' })],
  ['an unknown path', 404, () => ask(`${server.url}/nothing`)],
  ['a malformed path', 400, () => ask(`${server.url}/%zz`)],
  ['liveness', 200, () => ask(`${server.url}/health/live`)],
  ['readiness', 200, () => ask(`${server.url}/health/ready`)],
  ['the keys', 200, () => ask(`${server.url}/.well-known/jwks.json`)],
  ['an introspection', 200, () => introspect('token=a')],
  ['an introspection of nothing', 400, () => introspect('')],
  ['an introspection by GET', 405, () => ask(`${server.url}/oauth/introspect`)],
  ['a preflight', 204, () => ask(server.graphql, { method: 'OPTIONS', headers: { origin: ORIGIN } })],
  ['what is no HTTP', 400, () => sendRaw(server.url, 'nonsense\r\n\r\n')],
  ['a tunnel', 400, () => sendRaw(server.url, 'CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n')],
  ['a broken header', 400, () => raw('GET /graphql HTTP/1.1', 'Host: x', 'a b: c')],
  ['two lengths', 400, () => raw('POST /graphql HTTP/1.1', 'Host: x', 'Content-Length: 1', 'Content-Length: 2')],
  [
    'a length and chunks',
    400,
    () => raw('POST /graphql HTTP/1.1', 'Host: x', 'Content-Length: 1', 'Transfer-Encoding: chunked'),
  ],
  [
    'a header of 64 KB',
    431,
    () => raw('GET /graphql HTTP/1.1', 'Host: x', `Authorization: Bearer ${'a'.repeat(65_536)}`),
  ],
  ['no Host', 400, () => raw('GET /graphql HTTP/1.1', 'Connection: close')],
  ['no Host in HTTP/1.0', 400, () => raw('GET /.well-known/jwks.json HTTP/1.0')],
  ['an odd Host', 400, () => raw('GET /graphql HTTP/1.1', 'Host: a b[', 'Connection: close')],
  ['an empty Host', 400, () => raw('GET /graphql HTTP/1.1', 'Host:', 'Connection: close')],
  ['two Hosts', 400, () => raw('GET /health/live HTTP/1.1', 'Host: a', 'Host: b', 'Connection: close')],
  ['an odd Expect', 200, () => raw('GET /health/live HTTP/1.1', 'Host: x', 'Expect: miracles', 'Connection: close')],
]

test('a Host is good or not by itself, whatever those before it were', async () => {
  const get = (host: string) => raw('GET /.well-known/jwks.json HTTP/1.1', `Host: ${host}`, 'Connection: close')
  const statuses: number[] = []
  for (const host of ['x', 'a b[', 'x', 'x', '[', 'y']) statuses.push((await get(host)).status)
  expect(statuses).toEqual([200, 400, 200, 200, 400, 200])
})

describe('the headers of every answer (ASVS 3.4.3, 3.4.4, 3.4.5, 3.4.6)', () => {
  test.each(ANSWERS)('%s (%i)', async (_, status, send) => {
    const { status: sent, headers, text } = await send()
    expect(sent).toBe(status)
    expect(Object.fromEntries(headers)).toMatchObject(SECURITY_HEADERS)
    expect(headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/)
    expect(headers.has('x-powered-by')).toBe(false)
    expect(headers.has('strict-transport-security')).toBe(false)
    if (text !== '')
      expect(headers.get('content-type')).toMatch(/^application\/(graphql-response\+)?json; charset=utf-8$/)
    expect(text).not.toMatch(/\bat .*\.[jt]s|node_modules|FST_ERR|HPE_/)
  })

  test('HSTS comes in production alone, also with what Node cannot parse (ASVS 3.4.1)', async () => {
    const production = await startTestServer({ production: true })
    const answers = await Promise.all([
      ask(`${production.url}/health/live`),
      sendRaw(production.url, 'nonsense\r\n\r\n'),
    ])
    for (const { headers } of answers) {
      expect(headers.get('strict-transport-security')).toBe('max-age=31536000; includeSubDomains')
    }
    await production.close()
  })

  test.each([false, true])('are the same by Helmet and by hand (production: %s)', async (production) => {
    const server = await startTestServer({ production })
    const sent = (await ask(`${server.url}/health/live`)).headers
    const others = ['cache-control', 'connection', 'content-length', 'content-type', 'date', 'keep-alive', 'vary']
    const byHelmet = [...sent].filter(([name]) => ![...others, 'x-request-id'].includes(name))
    expect(Object.fromEntries(byHelmet)).toEqual(securityHeaders(production))
    await server.close()
  })

  test.each(['/graphql', '/nothing', '/oauth/introspect', '/health/live', '/health/ready'])(
    '%s is never stored',
    async (path) => {
      expect((await ask(server.url + path)).headers.get('cache-control')).toBe('no-store')
    },
  )

  test('what Node cannot parse has a body of the usual form', async () => {
    expect((await sendRaw(server.url, 'nonsense\r\n\r\n')).text).toBe('{"error":"Bad request"}')
  })
})

describe('x-request-id', () => {
  test.each(['abc', 'A-1.b_c~d', 'a'.repeat(64)])('%s is taken over', async (id) => {
    const answer = await post(server.graphql, { query: '{ request }' }, { 'x-request-id': id })
    expect(answer.headers.get('x-request-id')).toBe(id)
    expect(JSON.parse(String(answer.body.data?.request)).id).toBe(id)
  })

  test.each(['a'.repeat(65), 'a b', 'a,b', '<x>', 'é', '{}'])('%s is replaced (ASVS 1.2.1)', async (id) => {
    const answer = await post(server.graphql, { query: '{ request }' }, { 'x-request-id': id })
    expect(answer.headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/)
    expect(JSON.parse(String(answer.body.data?.request)).id).toBe(answer.headers.get('x-request-id'))
  })
})

describe('CORS', () => {
  const preflight = (origin: string) =>
    ask(server.graphql, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': ASKED_HEADERS,
      },
    })

  test('an allowed origin may send every header that it asks for, with credentials', async () => {
    const { status, headers } = await preflight(ORIGIN)
    expect(status).toBe(204)
    expect(headers.get('access-control-allow-origin')).toBe(ORIGIN)
    expect(headers.get('access-control-allow-credentials')).toBe('true')
    expect(headers.get('access-control-allow-methods')).toBe('GET, POST')
    expect(headers.get('access-control-allow-headers')).toBe(ASKED_HEADERS)
    expect(headers.get('vary')).toMatch(/access-control-request-headers/i)
  })

  test.each([
    'null',
    'http://app.example.com',
    'https://app.example.com.evil.com',
    'https://evilapp.example.com',
    'https://app.example.com:444',
    'https://APP.example.com',
    'https://evil.com',
  ])('%s is granted nothing (ASVS 3.4.2)', async (origin) => {
    for (const answer of [await preflight(origin), await post(server.graphql, { query: '{ hello }' }, { origin })]) {
      expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([])
      expect(answer.headers.get('vary')).toMatch(/origin/i)
    }
  })

  test('refusals are readable for allowed pages too', async () => {
    const limited = await startTestServer({}, { consumeRequest: () => Promise.reject(new RateLimitedError(5)) })
    const headers = { origin: ORIGIN }
    const answers = await Promise.all([
      post(limited.graphql, { query: '{ hello }' }, headers),
      post(server.graphql, '{', headers),
      ask(`${server.url}/nothing`, { headers }),
    ])
    for (const answer of answers) expect(answer.headers.get('access-control-allow-origin')).toBe(ORIGIN)
    expect(answers[0]?.headers.get('access-control-expose-headers')).toBe('x-request-id, retry-after, date')
    await limited.close()
  })

  test('without CORS_ORIGINS nobody is granted anything', async () => {
    const closed = await startTestServer({ corsOrigins: [] })
    const { headers } = await post(closed.graphql, { query: '{ hello }' }, { origin: ORIGIN })
    expect(headers.has('access-control-allow-origin')).toBe(false)
    await closed.close()
  })
})
