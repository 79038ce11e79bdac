import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Answer, ask, post, sendRaw } from '../http/http-client.ts'
import { createTestApp, type TestApp } from '../support/app.ts'
import { Browser } from '../support/browser.ts'
import { PASSWORD, type Person, signUp, signUpAdmin } from '../support/story.ts'
import { LOGIN } from '../support/tokens.ts'

const PAGE = 'https://app.example.com'
const FOREIGN = [
  'https://evil.example',
  'null',
  'https://app.example.com.evil.example',
  'https://evilapp.example.com',
  'https://app.example.com:8443',
  'http://app.example.com',
  'https://APP.EXAMPLE.COM@evil.example',
  'https://app.example.com/',
  'file://',
  '',
]

const PRODUCTION = {
  NODE_ENV: 'production',
  MIGRATE_ON_START: 'true',
  PASSWORD_HASH_MEMORY_KIB: '19456',
  PASSWORD_HASH_ITERATIONS: '2',
  CORS_ORIGINS: PAGE,
}

function codeIn({ body }: Answer): unknown {
  return body.errors?.[0]?.extensions.code ?? body.error
}

let app: TestApp
let chief: Person
let victim: Person

beforeAll(async () => {
  app = await createTestApp({ backend: 'sqlite', env: PRODUCTION })
  chief = await signUpAdmin(app)
  victim = await signUp(app, 'victim')
})
afterAll(() => app.close())

async function countUsers(): Promise<number> {
  const { users } = await chief.client.get<{ users: { nodes: unknown[] } }, object>(
    '{ users(first: 100) { nodes { id } } }',
  )
  return users.nodes.length
}

describe('what a foreign page can send without a preflight', () => {
  const query = `mutation { register(input: { username: "planted", email: "planted@example.com", password: "${PASSWORD}" }) { user { id } } }`
  const body = JSON.stringify({ query })

  it.each([
    ['text/plain', body],
    ['text/plain;application/json', body],
    ['application/x-www-form-urlencoded', `query=${encodeURIComponent(query)}`],
    [
      'multipart/form-data; boundary=x',
      `--x\r\nContent-Disposition: form-data; name="operations"\r\n\r\n${body}\r\n--x--`,
    ],
    ['application/json;x=text/plain', body],
    ['application/json, text/plain', body],
    ['application/graphql', query],
    ['', body],
  ])('runs nothing: a body of the type %j (ASVS 3.5.2)', async (type, text) => {
    const before = await countUsers()
    const init = { method: 'POST', headers: { origin: FOREIGN[0] ?? '', ...(type && { 'content-type': type }) } }
    const answer = await ask(`${app.url}/graphql`, { ...init, body: Buffer.from(text) })
    expect([400, 415]).toContain(answer.status)
    expect(codeIn(answer)).toBe('BAD_REQUEST')
    expect(await countUsers()).toBe(before)
  })

  it('runs no mutation by GET or HEAD, preflight header or not (ASVS 3.5.3)', async () => {
    const before = await countUsers()
    const url = `${app.url}/graphql?query=${encodeURIComponent(query)}`
    const preflight = { 'apollo-require-preflight': '1' }
    expect((await ask(url)).status).toBe(400)
    expect((await ask(url, { headers: preflight })).status).toBe(405)
    expect((await ask(url, { method: 'HEAD', headers: preflight })).status).toBe(405)
    expect(await countUsers()).toBe(before)
  })

  it('takes no access token from the query string, a cookie or the body (ASVS 14.2.1)', async () => {
    const { accessToken } = victim
    const me = { query: '{ me { id } }' }
    const url = `${app.url}/graphql`
    for (const name of ['access_token', 'token', 'authorization']) {
      expect(codeIn(await post(`${url}?${name}=${accessToken}`, me))).toBe('UNAUTHENTICATED')
      expect(codeIn(await post(url, me, { cookie: `${name}=${accessToken}` }))).toBe('UNAUTHENTICATED')
      expect(codeIn(await post(url, { ...me, [name]: accessToken }))).toBe('UNAUTHENTICATED')
    }
  })
})

describe('a page of another origin', () => {
  it.each(FOREIGN)('gets no CORS grant: %j (ASVS 3.4.2)', async (origin) => {
    const preflight = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' }
    const answers = [
      await ask(`${app.url}/graphql`, { method: 'OPTIONS', headers: { origin, ...preflight } }),
      await post(`${app.url}/graphql`, { query: '{ me { id } }' }, { origin }),
      await post(`${app.url}/graphql`, '{', { origin }),
      await ask(`${app.url}/nothing`, { headers: { origin } }),
    ]
    for (const { headers } of answers) expect(headers.get('access-control-allow-origin')).toBeNull()
  })

  it.each(FOREIGN)('signs nobody in by cookie: %j', async (origin) => {
    const input = { identifier: victim.username, password: PASSWORD, transport: 'COOKIE' }
    const answer = await post(`${app.url}/graphql`, { query: LOGIN, variables: { input } }, { origin })
    expect(codeIn(answer)).toBe('CSRF_FAILED')
    expect(answer.headers.getSetCookie()).toEqual([])
  })

  it.each(FOREIGN)(
    'neither refreshes nor signs out with the cookies of the victim: %j (ASVS 3.5.1)',
    async (origin) => {
      const browser = new Browser(app, PAGE)
      const csrfToken = (await browser.login(victim.username)).data?.login?.csrfToken ?? ''
      const foreign = { origin, 'x-csrf-token': csrfToken }
      expect((await browser.run('mutation { refresh { accessToken } }', {}, { headers: foreign })).codes).toEqual([
        'CSRF_FAILED',
      ])
      expect((await browser.run('mutation { logout { sessionId } }', {}, { headers: foreign })).codes).toEqual([
        'CSRF_FAILED',
      ])
      expect(browser.received).toEqual([])
      expect((await browser.refresh(csrfToken)).codes).toEqual([])
    },
  )

  it('is believed about Sec-Fetch-Site only where it says same-origin', async () => {
    const browser = new Browser(app, PAGE)
    await browser.login(victim.username)
    for (const site of ['cross-site', 'same-site', 'none', 'same-origin, cross-site']) {
      const headers = { origin: 'https://evil.example', 'sec-fetch-site': site }
      expect((await browser.run('mutation { refresh { accessToken } }', {}, { headers })).codes).toEqual([
        'CSRF_FAILED',
      ])
    }
  })
})

describe('x-csrf-token', () => {
  it('is CSRF_FAILED when missing, of another session, of an earlier one, in the query string or the body (ASVS 3.5.1)', async () => {
    const [browser, other, earlier] = [new Browser(app, PAGE), new Browser(app, PAGE), new Browser(app, PAGE)]
    const csrfToken = (await browser.login(victim.username)).data?.login?.csrfToken ?? ''
    const foreign = (await other.login(chief.username)).data?.login?.csrfToken ?? ''
    const old = (await earlier.login(victim.username)).data?.login?.csrfToken ?? ''
    const wrong = [
      null,
      '',
      foreign,
      old,
      csrfToken.slice(0, -1),
      `${csrfToken}A`,
      csrfToken.toUpperCase(),
      'undefined',
    ]
    for (const token of wrong) expect((await browser.refresh(token)).codes).toEqual(['CSRF_FAILED'])
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const query = 'mutation { refresh { accessToken } }'
    const elsewhere = [
      post(`${app.url}/graphql?x-csrf-token=${csrfToken}`, { query }, { origin: PAGE, cookie }),
      post(`${app.url}/graphql`, { query, csrfToken, 'x-csrf-token': csrfToken }, { origin: PAGE, cookie }),
      post(`${app.url}/graphql`, { query }, { origin: PAGE, cookie: `${cookie}; x-csrf-token=${csrfToken}` }),
    ]
    for (const answer of await Promise.all(elsewhere)) expect(codeIn(answer)).toBe('CSRF_FAILED')
    expect((await browser.refresh(csrfToken)).codes).toEqual([])
  })

  it('comes once, in an answer, and no cookie but the two is ever set (ASVS 3.3.1, 3.3.2, 3.3.3, 3.3.4)', async () => {
    const browser = new Browser(app, PAGE)
    const { data } = await browser.login(victim.username)
    expect(data?.login?.refreshToken).toBeNull()
    const names = browser.received.map((line) => line.split('=')[0])
    expect(names.sort()).toEqual(['__Host-gatehouse-csrf', '__Host-gatehouse-refresh'])
    for (const line of browser.received) expect(line).toMatch(/; Path=\/;.*; Secure; SameSite=Strict$/)
    expect(browser.received.filter((line) => line.includes('; HttpOnly'))).toHaveLength(1)
    expect(browser.received.join()).not.toContain('Domain')
    expect(browser.received.every((line) => line.length < 4_096)).toBe(true)
  })
})

describe('the headers of every path and status, in production', () => {
  const url = (path: string) => `${app.url}${path}`
  const bad = { query: '{ me { id } }' }
  const answers: [string, () => Promise<Answer>][] = [
    ['200 with data', () => post(url('/graphql'), { query: '{ __typename }' })],
    ['200 with errors', () => post(url('/graphql'), bad)],
    ['400 of GraphQL', () => post(url('/graphql'), { query: '{' }, { accept: 'application/graphql-response+json' })],
    ['400 of malformed JSON', () => post(url('/graphql'), '{')],
    ['400 of CSRF prevention', () => ask(url('/graphql'))],
    ['400 of a malformed path', () => ask(url('/%zz'))],
    ['400 of no HTTP', () => sendRaw(app.url, 'nonsense\r\n\r\n')],
    ['404', () => ask(url('/nothing'))],
    ['404 of source control', () => ask(url('/.git/config'))],
    ['405', () => ask(url('/graphql'), { method: 'DELETE' })],
    ['406', () => post(url('/graphql'), bad, { accept: 'image/png' })],
    ['413', () => post(url('/graphql'), 'x'.repeat(70_000))],
    ['415', () => post(url('/graphql'), '{}', { 'content-type': 'a/b', 'apollo-require-preflight': '1' })],
    ['liveness', () => ask(url('/health/live'))],
    ['readiness', () => ask(url('/health/ready'))],
    ['the public keys', () => ask(url('/.well-known/jwks.json'))],
    ['TRACE', () => sendRaw(app.url, 'TRACE /graphql HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')],
  ]

  it.each(answers)('%s (ASVS 3.2.1, 3.4.1, 4.1.1)', async (_, send) => {
    expectHeaders(await send())
  })

  it('429 and 503 (ASVS 3.4.1)', async () => {
    const env = { ...PRODUCTION, RATE_LIMIT_FACTOR: '1', RATE_LIMIT_REQUESTS: '3', PASSWORD_HASH_ITERATIONS: '60' }
    const limited = await createTestApp({ backend: 'sqlite', env })
    const login = { query: 'mutation { login(input: { identifier: "nobody", password: "nothing" }) { accessToken } }' }
    const running = post(`${limited.url}/graphql`, login)
    await ask(`${limited.url}/nothing`)
    await ask(`${limited.url}/nothing`)
    const refused = await post(`${limited.url}/graphql`, { query: '{ me { id } }' })
    expect([refused.status, codeIn(refused)]).toEqual([429, 'RATE_LIMITED'])
    expectHeaders(refused)
    const closed = limited.close()
    const draining = [
      await post(`${limited.url}/graphql`, { query: '{ me { id } }' }),
      await ask(`${limited.url}/health/ready`),
    ]
    for (const answer of draining) {
      expect(answer.status).toBe(503)
      expectHeaders(answer)
    }
    expect(codeIn(await running)).toBe('INVALID_CREDENTIALS')
    await closed
  })

  function expectHeaders({ status, headers, text }: Answer): void {
    expect(Object.fromEntries(headers)).toMatchObject({
      'strict-transport-security': 'max-age=31536000; includeSubDomains',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'",
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'DENY',
    })
    expect(headers.get('x-request-id')).toMatch(/^[\w-]{1,64}$/)
    for (const name of ['x-powered-by', 'server', 'access-control-allow-origin']) expect(headers.has(name)).toBe(false)
    if (status !== 200) expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('content-type')).toMatch(/^application\/(graphql-response\+)?json; charset=utf-8$/)
    expect(text).not.toMatch(/node_modules|\bat .*\.[jt]s|FST_ERR|HPE_|sqlite/i)
  }
})
