import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, sendRaw } from './http-client.ts'
import { startTestServer, type TestServer } from './test-server.ts'

const PAGE = '<!doctype html><script type="module" src="/app/assets/index-abc.js"></script>'
const SCRIPT = `export const text = '${'gate '.repeat(1_000)}'`
const FILES = {
  'index.html': PAGE,
  'theme.js': 'document',
  'notes.txt': 'no type',
  'assets/index-abc.js': SCRIPT,
  'assets/index-abc.css': 'body {}',
  'assets/letters.woff2': 'letters',
}

let folder: string
let server: TestServer

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-web-'))
  mkdirSync(join(folder, 'dist/assets'), { recursive: true })
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, 'dist', name), text)
  writeFileSync(join(folder, 'outside.js'), 'secret')
  server = await startTestServer({}, { webAppFolder: join(folder, 'dist') })
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})

const get = (path: string, headers: Record<string, string> = {}) => ask(server.url + path, { headers })

describe('the web app under /app', () => {
  test.each(['/app', '/app/', '/app/users/0190', '/app/index.html', '/app/verify-email?x=1'])(
    '%s is the page, which may load and ask this origin alone (ASVS 3.4.3)',
    async (path) => {
      const { status, headers, text } = await get(path)
      expect([status, headers.get('content-type'), text]).toEqual([200, 'text/html; charset=utf-8', PAGE])
      expect(headers.get('cache-control')).toBe('no-store')
      const policy = headers.get('content-security-policy') ?? ''
      expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'")
      expect(policy).toContain("frame-ancestors 'none'")
      expect(policy).not.toMatch(/unsafe|https?:|data:|\*/)
      expect(headers.get('x-content-type-options')).toBe('nosniff')
    },
  )

  test.each([
    ['index-abc.js', 'text/javascript; charset=utf-8'],
    ['index-abc.css', 'text/css; charset=utf-8'],
    ['letters.woff2', 'font/woff2'],
  ])('%s never changes under its name', async (name, type) => {
    const { status, headers, text } = await get(`/app/assets/${name}`)
    expect([status, headers.get('content-type')]).toEqual([200, type])
    expect(text).toBe(FILES[`assets/${name}` as keyof typeof FILES])
    expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
  })

  test('is compressed for those who can read it', async () => {
    for (const [encoding, sent] of [
      ['gzip', 'gzip'],
      ['identity', null],
    ] as const) {
      const { headers, text } = await get('/app/assets/index-abc.js', { 'accept-encoding': encoding })
      expect([headers.get('content-encoding'), text]).toEqual([sent, SCRIPT])
      expect(headers.get('vary')).toContain('accept-encoding')
    }
    const font = await get('/app/assets/letters.woff2', { 'accept-encoding': 'gzip' })
    expect(font.headers.get('content-encoding')).toBeNull()
    expect((await get('/app/theme.js')).headers.get('cache-control')).toBe('no-store')
  })

  test.each([
    '/app/assets/none.js',
    '/app/assets/none',
    '/app/none.js',
    '/app/notes.txt',
    '/app/../outside.js',
    '/app/%2e%2e/outside.js',
    '/app/..%2Foutside.js',
    '/app/assets/..%2F..%2Foutside.js',
    '/application',
  ])('%s is not there', async (path) => {
    const { host } = new URL(server.url)
    const { status, text } = await sendRaw(
      server.url,
      `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
    )
    expect([status, text]).toEqual([404, '{"error":"Not found"}'])
  })

  test('is read and never written', async () => {
    for (const method of ['POST', 'PUT', 'DELETE']) {
      const { status, text } = await ask(`${server.url}/app/`, { method })
      expect([method, status, text]).toEqual([method, 404, '{"error":"Not found"}'])
    }
    const head = await ask(`${server.url}/app/`, { method: 'HEAD' })
    expect([head.status, head.text]).toEqual([200, ''])
  })

  test('is not there where it was not built', async () => {
    const without = await startTestServer({}, { webAppFolder: join(folder, 'nowhere') })
    for (const path of ['/app', '/app/', '/app/users', '/app/assets/index-abc.js']) {
      const { status, text } = await ask(without.url + path)
      expect([path, status, text]).toEqual([path, 404, '{"error":"Not found"}'])
    }
    await without.close()
  })

  test('is there in production too', async () => {
    const production = await startTestServer({ production: true }, { webAppFolder: join(folder, 'dist') })
    const { status, headers } = await ask(`${production.url}/app`)
    expect([status, headers.get('strict-transport-security')]).toEqual([200, 'max-age=31536000; includeSubDomains'])
    await production.close()
  })
})
