import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Answer, ask, post, sendRaw } from './http-client.ts'
import { startTestServer, type TestServer } from './test-server.ts'

/** The Accept header of browsers. */
const BROWSER = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' }

let server: TestServer
let codes: string[]

beforeAll(async () => {
  server = await startTestServer({}, { onOperation: (code) => codes.push(code) })
})
beforeEach(() => {
  codes = []
})
afterAll(() => server.close())

/** fetch of Node sends its own Sec-Fetch-Mode. */
function navigate(address: string, headers: Record<string, string>): Promise<Answer> {
  const { pathname, search, host } = new URL(server.graphql + address)
  const lines = Object.entries({ host, connection: 'close', ...headers }).map(([name, value]) => `${name}: ${value}`)
  return sendRaw(server.url, [`GET ${pathname}${search} HTTP/1.1`, ...lines, '', ''].join('\r\n'))
}

const openPage = () => ask(server.graphql, { headers: BROWSER })

/** The addresses of the page's parts, as a browser resolves them. */
async function parts(): Promise<string[]> {
  const { text } = await openPage()
  const links = text.matchAll(/<(?:script|link)\b[^>]*(?:src|href)="(?!data:)([^"]+)"/g)
  return [...links].map(([, path = '']) => new URL(path, server.graphql).href)
}

describe('the explorer', () => {
  test('is a page that may run its own scripts and nothing else, and loads nothing from elsewhere', async () => {
    const { status, headers, text } = await openPage()
    expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    const policy = headers.get('content-security-policy') ?? ''
    const nonce = /script-src 'nonce-([\w+/=]{24})'/.exec(policy)?.[1] ?? 'none'
    const scripts = text.match(/<script\b[^>]*>/g) ?? []
    expect(scripts.length).toBeGreaterThan(1)
    for (const script of scripts) expect(script.includes(`nonce="${nonce}"`) && script.includes('src=')).toBe(true)
    expect((await openPage()).text).not.toContain(nonce)
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toMatch(/unsafe-eval|https?:|script-src[^;]*unsafe/)
    for (const part of await parts())
      expect(part).toMatch(/^http:\/\/127[^/]+\/graphql\/explorer\/[0-9a-f]{16}\/[a-z]+\./)
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('x-frame-options')).toBe('DENY')
    expect([text.length < 5_000, headers.get('content-encoding')]).toEqual([true, 'gzip'])
  })

  test('has parts that are compressed as the client can read, and never change under their name', async () => {
    const fetchAs = (part: string, encoding: string) => ask(part, { headers: { 'accept-encoding': encoding } })
    const all = await parts()
    expect(all.length).toBeGreaterThan(4)
    for (const part of all) {
      const plain = await fetchAs(part, 'identity')
      expect(plain.headers.get('content-encoding')).toBeNull()
      expect(plain.headers.get('content-type')).toMatch(/^text\/(javascript|css); charset=utf-8$/)
      for (const encoding of ['gzip', 'br']) {
        const { headers, text } = await fetchAs(part, encoding)
        expect([headers.get('content-encoding'), text === plain.text]).toEqual([encoding, true])
        expect(Number(headers.get('content-length'))).toBeLessThan(plain.text.length)
        expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
        expect(headers.get('vary')).toContain('accept-encoding')
        expect(headers.get('content-security-policy')).toContain("default-src 'none'")
      }
    }
  })

  test('has no other files', async () => {
    const folder = (await parts())[0]?.replace(/[^/]+$/, '') ?? ''
    const others = ['none.js', 'LICENSE', 'graphiql.js.gz', '..%2Findex.html', '..%2F..%2Fmain.js', '%2e%2e/index.html']
    for (const name of [...others, '']) {
      const { status, text } = await ask(folder + name)
      expect([name, status, text]).toEqual([name, 404, '{"error":"Not found"}'])
    }
    expect((await ask(folder.replace(/[0-9a-f]{16}/, 'modules').concat('page.js'))).status).toBe(404)
  })

  test.each([
    ['Accept', BROWSER],
    ['Accept and preflight header', { ...BROWSER, 'apollo-require-preflight': '1' }],
    ['Sec-Fetch-Mode', { accept: '*/*', 'sec-fetch-mode': 'navigate' }],
    ['Sec-Fetch-Mode and preflight header', { 'sec-fetch-mode': 'navigate', 'apollo-require-preflight': '1' }],
  ])('answers every navigation, known by %s, and runs nothing of what stands in the address', async (_, headers) => {
    const first = (await openPage()).text.replaceAll(/nonce="[^"]*"/g, '')
    for (const address of [
      '',
      '?query={plainFault}',
      '?query=query A{plainFault} query B{hello}&operationName=B&variables={"a":1}',
      '?query=mutation{count}',
      '?query=}{',
      '?query=',
      '?variables={}',
    ]) {
      const { status, text } = await navigate(address, headers)
      expect([address, status, text.replaceAll(/nonce="[^"]*"/g, '')]).toEqual([address, 200, first])
    }
    expect([codes, server.lines, server.ran()]).toEqual([[], [], 0])
  })

  test('does not answer clients of the API, whose GET runs as before', async () => {
    for (const accept of ['application/json', '*/*', 'application/graphql-response+json']) {
      expect((await ask(server.graphql, { headers: { accept } })).status).toBe(400)
      const headers = { accept, 'apollo-require-preflight': '1', 'sec-fetch-mode': 'cors' }
      expect((await ask(`${server.graphql}?query={hello}`, { headers })).body.data).toEqual({ hello: 'world' })
    }
    expect((await post(server.graphql, { query: '{ hello }' }, BROWSER)).body.data).toEqual({ hello: 'world' })
  })

  test('is where / leads to, outside production', async () => {
    for (const headers of [BROWSER, { accept: '*/*' }]) {
      const answer = await ask(`${server.url}/`, { headers, redirect: 'manual' })
      expect([answer.status, answer.headers.get('location')]).toEqual([302, '/graphql'])
    }
    expect((await post(`${server.url}/`, { query: '{ hello }' })).text).toBe('{"error":"Not found"}')
  })

  test.each([{ explorer: false }, { production: true }])('is not where / leads to with %o', async (http) => {
    const closed = await startTestServer(http)
    for (const method of ['GET', 'POST', 'OPTIONS', 'DELETE']) {
      const answer = await ask(`${closed.url}/`, { method, headers: BROWSER })
      expect([method, answer.status, answer.text]).toEqual([method, 404, '{"error":"Not found"}'])
    }
    await closed.close()
  })

  test('is not there where it is off', async () => {
    const closed = await startTestServer({ explorer: false })
    const answer = await ask(closed.graphql, { headers: BROWSER })
    expect(answer.status).toBe(400)
    expect(answer.text).not.toContain('<')
    const part = (await parts())[0]?.replace(server.url, closed.url) ?? ''
    expect((await ask(part)).status).toBe(404)
    await closed.close()
  })
})
