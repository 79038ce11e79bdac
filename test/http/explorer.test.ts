import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, post } from './http-client.ts'
import { startTestServer, type TestServer } from './test-server.ts'

/** The Accept header of browsers. */
const BROWSER = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' }

let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

describe('the explorer', () => {
  test('is a page that may run its own script and nothing else, and loads nothing from elsewhere', async () => {
    const { status, headers, text } = await ask(server.graphql, { headers: BROWSER })
    expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    const policy = headers.get('content-security-policy') ?? ''
    const script = /<script>([\s\S]*)<\/script>/.exec(text)?.[1] ?? ''
    expect(script.length).toBeGreaterThan(1_000_000)
    expect(policy).toContain(`script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'`)
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toMatch(/unsafe-eval|https?:/)
    const page = text.replace(script, '')
    expect(page.match(/<(script|link|img|iframe)\b[^>]*(src|href)="(?!data:)[^"]*"/g) ?? []).toEqual([])
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('x-frame-options')).toBe('DENY')
    expect(text).toContain('Gatehouse')
  })

  test('does not answer clients of the API, nor a GET that carries a query', async () => {
    for (const accept of ['application/json', '*/*', 'application/graphql-response+json']) {
      expect((await ask(server.graphql, { headers: { accept } })).status).toBe(400)
    }
    const query = await ask(`${server.graphql}?query={hello}`, {
      headers: { ...BROWSER, 'apollo-require-preflight': '1' },
    })
    expect(query.body.data).toEqual({ hello: 'world' })
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
    await closed.close()
  })
})
