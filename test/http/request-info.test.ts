import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { HttpConfig } from '../../src/config.ts'
import { type Answer, post, sendRaw } from './http-client.ts'
import { startTestServer, type TestServer } from './test-server.ts'

let server: TestServer
let proxied: TestServer

beforeAll(async () => {
  server = await startTestServer()
  proxied = await startTestServer({ trustedProxies: ['127.0.0.1', '10.0.0.0/8', 'fd00::/8'] })
})
afterAll(() => Promise.all([server.close(), proxied.close()]))

interface Seen {
  ipAddress: string
  userAgent: string | null
  authorization: { kind: string; token?: string }
  originFault: string | null
  csrfToken: string | null
  refreshCookie: string | null
}

async function seen(headers: Record<string, string>, at: TestServer = server): Promise<Seen> {
  return read(await post(at.graphql, { query: '{ request }' }, headers))
}

/** Sends the headers as written, for those that no client library sends. */
async function seenRaw(lines: (string | Buffer)[], at: TestServer = server): Promise<Seen> {
  const body = '{"query":"{ request }"}'
  const head = `POST /graphql HTTP/1.1\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n`
  const written = lines.flatMap((line) => [Buffer.from(line), Buffer.from('\r\n')])
  return read(await sendRaw(at.url, Buffer.concat([Buffer.from(head), ...written, Buffer.from(`\r\n${body}`)])))
}

function read(answer: Answer): Seen {
  return JSON.parse(String(answer.body.data?.request))
}

describe('the Authorization header', () => {
  test.each([
    ['Bearer abc.def-_~+/=', 'bearer'],
    ['bearer abc', 'bearer'],
    ['BEARER   abc', 'bearer'],
    ['Basic abc', 'bad'],
    ['Bearer', 'bad'],
    ['Bearer ', 'bad'],
    ['Bearer a b', 'bad'],
    ['Bearer a,b', 'bad'],
    ['abc', 'bad'],
  ])('%s is %s', async (authorization, kind) => {
    expect((await seen({ authorization })).authorization.kind).toBe(kind)
  })

  test('none, an empty one and two of them', async () => {
    expect((await seen({})).authorization).toEqual({ kind: 'none' })
    expect((await seenRaw(['Host: x', 'Authorization:'])).authorization).toEqual({ kind: 'bad' })
    const two = ['Host: x', 'Authorization: Bearer one', 'authorization: Bearer two']
    expect((await seenRaw(two)).authorization).toEqual({ kind: 'bad' })
  })
})

describe('the address', () => {
  test("is the peer's, whatever the headers say, without trusted proxies", async () => {
    const headers = { 'x-forwarded-for': '1.2.3.4', 'x-real-ip': '1.2.3.4', forwarded: 'for=1.2.3.4' }
    expect((await seen(headers)).ipAddress).toBe('127.0.0.1')
  })

  test.each([
    ['203.0.113.9', '203.0.113.9'],
    ['9.9.9.9, 203.0.113.9', '203.0.113.9'],
    ['203.0.113.9, 10.1.2.3', '203.0.113.9'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['nonsense', '127.0.0.1'],
    ['nonsense, 10.1.2.3', '10.1.2.3'],
    ['', '127.0.0.1'],
    ['203.0.113.7:51234', '203.0.113.7'],
    ['[2001:db8::7]:4711', '2001:db8::7'],
    ['[2001:db8::7]', '2001:db8::7'],
    ['[fe80::7%eth0]:4711', 'fe80::7'],
    ['[::ffff:203.0.113.9]:80', '203.0.113.9'],
    ['9.9.9.9:1, 203.0.113.9:2, 10.1.2.3:3', '203.0.113.9'],
    ['203.0.113.9:2, [fd00::5]:4, [fd00::6]', '203.0.113.9'],
    ['9.9.9.9, [2001:db8::7]:4711, [::ffff:10.1.2.3]:80', '2001:db8::7'],
    ['203.0.113.7:port', '127.0.0.1'],
    ['203.0.113.7:51234:1', '127.0.0.1'],
    ['[2001:db8::7', '127.0.0.1'],
    ['2001:db8::7:4711', '2001:db8::7:4711'],
  ])('of "%s" through a trusted proxy is %s', async (forwarded, address) => {
    expect((await seen({ 'x-forwarded-for': forwarded }, proxied)).ipAddress).toBe(address)
  })

  test('the coarse limit counts the same address', async () => {
    const addresses: string[] = []
    const http: Partial<HttpConfig> = { trustedProxies: ['127.0.0.1'] }
    const counting = await startTestServer(http, { consumeRequest: async (address) => void addresses.push(address) })
    await seen({ 'x-forwarded-for': '9.9.9.9, 203.0.113.9' }, counting)
    expect(addresses).toEqual(['203.0.113.9'])
    await counting.close()
  })
})

describe('the user agent', () => {
  test('is cut to 255 characters', async () => {
    expect((await seen({ 'user-agent': 'a'.repeat(300) })).userAgent).toBe('a'.repeat(255))
  })

  test('sent as UTF-8 is kept as it was written, and never cut inside a character', async () => {
    const agent = `${'a'.repeat(254)}😀`
    expect((await seenRaw(['Host: x', Buffer.from(`User-Agent: ${agent}`)])).userAgent).toBe('a'.repeat(254))
    expect((await seenRaw(['Host: x', Buffer.from('User-Agent: Zoë 😀')])).userAgent).toBe('Zoë 😀')
    expect((await seenRaw(['Host: x', Buffer.from('User-Agent: Zo\xeb', 'latin1')])).userAgent).toBe('Zoë')
  })

  test('none and an empty one are null', async () => {
    expect((await seenRaw(['Host: x'])).userAgent).toBeNull()
    expect((await seenRaw(['Host: x', 'User-Agent:'])).userAgent).toBeNull()
  })
})

describe('an allowed origin', () => {
  test.each([
    ['https://app.example.com', true],
    ['https://app.example.com.evil.com', false],
    ['http://app.example.com', false],
    ['null', false],
  ])('%s: %s', async (origin, allowed) => {
    expect((await seen({ origin })).originFault === null).toBe(allowed)
  })

  test.each([
    ['x:80', 'http://x', true],
    ['x', 'http://x', true],
    ['X', 'http://x', true],
    ['x', 'https://x', false],
    ['x', 'http://x:81', false],
    ['x:81', 'http://x:81', true],
  ])('with Host %s, %s: %s', async (host, origin, allowed) => {
    expect((await seenRaw([`Host: ${host}`, `Origin: ${origin}`])).originFault === null).toBe(allowed)
  })

  test('is no origin at all, unless the browser says that the page is ours', async () => {
    expect((await seen({})).originFault).not.toBeNull()
    expect((await seenRaw(['Host: x', 'Sec-Fetch-Site: same-origin'])).originFault).toBeNull()
    for (const site of ['same-site', 'cross-site', 'none']) {
      expect((await seenRaw(['Host: x', `Sec-Fetch-Site: ${site}`])).originFault).not.toBeNull()
    }
  })

  test('is told by a trusted proxy, and by nobody else', async () => {
    const lines = [
      'Host: x',
      'X-Forwarded-Host: public.example',
      'X-Forwarded-Proto: https',
      'Origin: https://public.example',
    ]
    expect((await seenRaw(lines, proxied)).originFault).toBeNull()
    expect((await seenRaw(lines)).originFault).not.toBeNull()
  })
})

describe('the own origin behind trusted proxies', () => {
  const APP = 'https://own.example'
  const HTTPS = { 'x-forwarded-proto': 'https' }

  test.each<[string, Record<string, string>, string, boolean]>([
    ['the protocol of two proxies', { 'x-forwarded-proto': 'https, http' }, APP, true],
    ['the protocol of two proxies, alike', { 'x-forwarded-proto': 'https,https' }, APP, true],
    [
      'the protocol of two trusted hops',
      { 'x-forwarded-proto': 'https, http', 'x-forwarded-for': '203.0.113.5, 10.1.2.3' },
      APP,
      true,
    ],
    ['the protocol in upper case', { 'x-forwarded-proto': 'HTTPS' }, APP, true],
    ['the host of two proxies', { ...HTTPS, host: 'x:1', 'x-forwarded-host': 'own.example, edge.internal' }, APP, true],
    ['the host in upper case', { ...HTTPS, host: 'OWN.Example' }, APP, true],
    ['the default port', { ...HTTPS, host: 'own.example:443' }, APP, true],
    ['a port that the Host lost', { ...HTTPS, 'x-forwarded-port': '8443' }, `${APP}:8443`, true],
    ['the port of a chain', { ...HTTPS, 'x-forwarded-port': '8443, 80' }, `${APP}:8443`, true],
    ['the port of an inner proxy', { ...HTTPS, 'x-forwarded-port': '80' }, APP, true],
    ['another port', { ...HTTPS, 'x-forwarded-port': '8443' }, `${APP}:8444`, false],
    ['a port that is none', { ...HTTPS, 'x-forwarded-port': '1@evil.example' }, 'https://evil.example', false],
    ['another protocol', { 'x-forwarded-proto': 'http, https' }, APP, false],
    ['a protocol that is none', { 'x-forwarded-proto': 'https://evil.example/' }, APP, false],
    ['another host', HTTPS, 'https://evil.example', false],
    ['a sibling', { ...HTTPS, host: 'auth.own.example' }, APP, false],
    [
      'what the client put before',
      { ...HTTPS, 'x-forwarded-for': '9.9.9.9, 203.0.113.5', 'x-forwarded-host': 'evil.example, own.example' },
      'https://evil.example',
      false,
    ],
    [
      'what the proxy wrote after it',
      { ...HTTPS, 'x-forwarded-for': '9.9.9.9, 203.0.113.5', 'x-forwarded-host': 'evil.example, own.example' },
      APP,
      true,
    ],
  ])('%s', async (_, headers, origin, allowed) => {
    const sent = { host: 'own.example', 'x-forwarded-for': '203.0.113.5', ...headers, origin }
    const lines = Object.entries(sent).map(([name, value]) => `${name}: ${value}`)
    expect((await seenRaw(lines, proxied)).originFault === null).toBe(allowed)
  })

  test('is not told by the port of a client', async () => {
    const lines = ['Host: x', 'X-Forwarded-Port: 81', 'Origin: http://x:81']
    expect((await seenRaw(lines)).originFault).not.toBeNull()
    const elsewhere = await startTestServer({ trustedProxies: ['10.0.0.0/8'] })
    expect((await seenRaw(lines, elsewhere)).originFault).not.toBeNull()
    await elsewhere.close()
  })
})

describe('cookies', () => {
  const signIn = (at: TestServer, query: string) =>
    post(at.graphql, { query }).then(({ headers }) => headers.getSetCookie())

  test('are bound to the host, and scripts cannot read the refresh token', async () => {
    expect(await signIn(server, 'mutation { signIn(token: "t1") }')).toEqual([
      '__Host-gatehouse-refresh=t1; Path=/; Expires=Tue, 01 Jan 2030 00:00:00 GMT; HttpOnly; Secure; SameSite=Strict',
      '__Host-gatehouse-csrf=csrf-t1; Path=/; Expires=Tue, 01 Jan 2030 00:00:00 GMT; Secure; SameSite=Strict',
    ])
  })

  test('the last of several calls in a document wins', async () => {
    const cookies = await signIn(server, 'mutation { a: signIn(token: "t1") b: signIn(token: "t2") }')
    expect(cookies.map((cookie) => cookie.split(';')[0])).toEqual([
      '__Host-gatehouse-refresh=t2',
      '__Host-gatehouse-csrf=csrf-t2',
    ])
    const cleared = await signIn(server, 'mutation { signIn(token: "t1") signOut }')
    expect(cleared.map((cookie) => cookie.split(';')[0])).toEqual([
      '__Host-gatehouse-refresh=',
      '__Host-gatehouse-csrf=',
    ])
  })

  test('are cleared with the attributes they were set with', async () => {
    const cookies = await signIn(server, 'mutation { signOut }')
    expect(cookies[0]).toMatch(
      /^__Host-gatehouse-refresh=; Max-Age=0; Path=\/; Expires=Thu, 01 Jan 1970 .*; HttpOnly; Secure; SameSite=Strict$/,
    )
    expect(cookies[1]).toMatch(
      /^__Host-gatehouse-csrf=; Max-Age=0; Path=\/; Expires=Thu, 01 Jan 1970 .*; Secure; SameSite=Strict$/,
    )
  })

  test('for plain http have neither prefix nor Secure', async () => {
    const plain = await startTestServer({ cookieSecure: false })
    expect(
      (await signIn(plain, 'mutation { signIn(token: "t1") }')).map((cookie) => cookie.replace(/Expires=[^;]*; /, '')),
    ).toEqual([
      'gatehouse-refresh=t1; Path=/; HttpOnly; SameSite=Strict',
      'gatehouse-csrf=csrf-t1; Path=/; SameSite=Strict',
    ])
    expect((await seen({ cookie: 'gatehouse-refresh=r' }, plain)).refreshCookie).toBe('r')
    expect((await seen({ cookie: '__Host-gatehouse-refresh=r' }, plain)).refreshCookie).toBeNull()
    await plain.close()
  })

  test('are read by their exact name, with the CSRF header beside them', async () => {
    const both = await seen({ cookie: 'a=b; __Host-gatehouse-refresh=r; __Host-gatehouse-csrf=c', 'x-csrf-token': 'c' })
    expect([both.refreshCookie, both.csrfToken]).toEqual(['r', 'c'])
    const none = await seen({ cookie: 'gatehouse-refresh=r; __Host-gatehouse-csrf=c' })
    expect([none.refreshCookie, none.csrfToken]).toEqual([null, null])
    expect((await seen({ cookie: '__Host-gatehouse-refresh=' })).refreshCookie).toBeNull()
  })
})
