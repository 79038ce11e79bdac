import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ServiceUnavailableError } from '../../src/errors.ts'
import type { ServerOptions } from '../../src/http/server.ts'
import { type Answer, ask, sendRaw } from './http-client.ts'
import { startTestServer, type TestContext, type TestServer } from './test-server.ts'

type Open = ServerOptions<TestContext>['openIntrospection']

const FORM = 'application/x-www-form-urlencoded'
const INVALID = '{"error":"invalid_request"}'

describe('POST /oauth/introspect', () => {
  const asked: string[] = []
  const good: Open = async () => async (token) => {
    asked.push(token)
    return { active: false }
  }
  let open: Open
  let server: TestServer
  let url: string

  beforeAll(async () => {
    server = await startTestServer({}, { openIntrospection: (request) => open(request) })
    url = `${server.url}/oauth/introspect`
  })
  afterAll(() => server.close())
  beforeEach(() => {
    open = good
  })
  afterEach(() => {
    asked.length = 0
    server.lines.length = 0
  })

  const send = (body: string | Uint8Array<ArrayBuffer> | null, headers: Record<string, string> = {}): Promise<Answer> =>
    ask(url, { method: 'POST', headers: { 'content-type': FORM, ...headers }, body })
  const expectError = ({ status, text, headers }: Answer, code: number, error: string) => {
    expect([status, text]).toEqual([code, JSON.stringify({ error })])
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(asked).toEqual([])
  }

  test.each([
    ['token=abc', 'abc'],
    ['token=abc&token_type_hint=refresh_token&client_id=x', 'abc'],
    ['a=b&token=a%20b%2Bc+d%00', 'a b+c d\u0000'],
    ['token=', ''],
    ['token', ''],
    ['&token=x&', 'x'],
    ['token=%C3%A9', 'é'],
  ])('reads the token of %j', async (body, token) => {
    const { status, text, headers } = await send(body)
    expect([status, text, asked]).toEqual([200, '{"active":false}', [token]])
    expect(headers.get('cache-control')).toBe('no-store')
  })

  test.each(['', 'x=1', 'token=a&token=a', 'token=a&token=', 'Token=a', 'token[]=a', '{"token":"a"}'])(
    'needs exactly one token: %j is 400',
    async (body) => expectError(await send(body), 400, 'invalid_request'),
  )

  test('reads no token from the address (RFC 7662, section 2.1)', async () => {
    expectError(
      await ask(`${url}?token=a`, { method: 'POST', headers: { 'content-type': FORM } }),
      400,
      'invalid_request',
    )
    expect(
      (await ask(`${url}?token=b`, { method: 'POST', headers: { 'content-type': FORM }, body: 'token=a' })).status,
    ).toBe(200)
    expect(asked).toEqual(['a'])
  })

  test.each([`${FORM};charset=UTF-8`, `${FORM}; charset="utf-8"`, `${FORM.toUpperCase()} ; a=b`, `${FORM};`])(
    'takes a form: %s',
    async (type) => expect((await send('token=a', { 'content-type': type })).status).toBe(200),
  )

  test.each(['application/json', 'text/plain', 'multipart/form-data; boundary=x', `${FORM}x`, 'nonsense', ''])(
    'is 415 for another type: %s',
    async (type) => expectError(await send('token=a', { 'content-type': type }), 415, 'invalid_request'),
  )

  test('is 415 without a type and for a compressed form', async () => {
    expectError(await ask(url, { method: 'POST' }), 415, 'invalid_request')
    expectError(await ask(url, { method: 'POST', body: new Blob(['token=a']) }), 415, 'invalid_request')
    expectError(await send(new Uint8Array(gzipSync('token=a')), { 'content-encoding': 'gzip' }), 415, 'invalid_request')
    expect((await send('token=a', { 'content-encoding': 'identity' })).status).toBe(200)
  })

  test('is 413 for a body above BODY_LIMIT', async () => {
    expectError(await send(`token=${'a'.repeat(70_000)}`), 413, 'invalid_request')
  })

  test.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('is 405 by %s', async (method) => {
    const answer = await ask(`${url}?token=a`, { method })
    expect([answer.status, answer.headers.get('allow'), answer.text]).toEqual([
      405,
      'POST',
      method === 'HEAD' ? '' : INVALID,
    ])
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(asked).toEqual([])
  })

  test('is no endpoint for pages: their preflight is refused', async () => {
    const headers = { origin: 'https://app.example.com', 'access-control-request-method': 'POST' }
    expect((await ask(url, { method: 'OPTIONS', headers })).status).toBe(405)
  })

  test('tells callers who may not ask, and nothing else about their request', async () => {
    for (const body of ['token=a', '', 'token=a&token=b']) {
      open = async () => 'invalid_client'
      const stranger = await send(body)
      expectError(stranger, 401, 'invalid_client')
      expect(stranger.headers.get('www-authenticate')).toBe('Bearer')
      open = async () => 'insufficient_scope'
      expectError(await send(body, { 'content-type': 'text/plain' }), 403, 'insufficient_scope')
    }
  })

  test('hands on who calls, with two Authorization headers nobody', async () => {
    const kinds: string[] = []
    open = async ({ authorization }) => {
      kinds.push(authorization.kind)
      return 'invalid_client'
    }
    await send('token=a', { authorization: 'Bearer abc' })
    await send('token=a', { authorization: 'Basic abc' })
    const lines = ['POST /oauth/introspect HTTP/1.1', 'Host: x', 'Connection: close', `Content-Type: ${FORM}`]
    const two = ['Authorization: Bearer abc', 'Authorization: Bearer abc', 'Content-Length: 7']
    expect((await sendRaw(server.url, `${[...lines, ...two].join('\r\n')}\r\n\r\ntoken=a`)).status).toBe(401)
    expect(kinds).toEqual(['bearer', 'bad', 'bad'])
  })

  test('is 503 while the database is away, whoever asks and whatever for', async () => {
    const away = () => Promise.reject(new ServiceUnavailableError())
    open = away
    expectError(await send('token=a'), 503, 'temporarily_unavailable')
    open = async () => away
    expectError(await send('token=a'), 503, 'temporarily_unavailable')
    const socket = Object.assign(new Error('connect ECONNREFUSED 10.0.0.5:3306'), { code: 'ECONNREFUSED' })
    open = async () => () => Promise.reject(socket)
    expectError(await send('token=a'), 503, 'temporarily_unavailable')
  })

  test('is 500 after a fault, which the log tells without the token (ASVS 16.5.1)', async () => {
    open = async () => (token) => Promise.reject(new Error(`About ${token}`))
    expectError(await send('token=a-secret-of-somebody'), 500, 'server_error')
    expect(server.lines).toHaveLength(1)
    expect(server.lines.join()).not.toContain('a-secret-of-somebody')
  })

  test('is 503 while the service is draining', async () => {
    const leaving = await startTestServer()
    await leaving.drain()
    const body = { method: 'POST', headers: { 'content-type': FORM }, body: 'token=a' }
    expectError(await ask(`${leaving.url}/oauth/introspect`, body), 503, 'temporarily_unavailable')
    await leaving.close()
  })

  test('has no neighbours', async () => {
    for (const path of ['/oauth', '/oauth/', '/oauth/introspect/', '/oauth/introspect/x', '/oauth/token'])
      expect((await ask(server.url + path, { method: 'POST' })).status).toBe(404)
  })
})

test('forms are read at no other address (ASVS 3.5.2)', async () => {
  const server = await startTestServer()
  const headers = { 'content-type': FORM, 'apollo-require-preflight': 'true' }
  expect((await ask(server.graphql, { method: 'POST', headers, body: 'query={hello}' })).status).toBe(415)
  await server.close()
})
