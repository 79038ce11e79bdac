import { createConnection } from 'mysql2/promise'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { ErrorCode } from '../../src/errors.ts'
import { ask, post, sendRaw } from '../http/http-client.ts'
import { createSecondInstance, describeEachBackend, type TestApp } from '../support/app.ts'
import { Browser } from '../support/browser.ts'
import { TestClient } from '../support/client.ts'
import { createKey } from '../support/rights.ts'
import { turnOn } from '../support/second-factor.ts'
import { openSql, type Sql } from '../support/sql.ts'
import { PASSWORD, type Person, signIn, signUp, signUpAdmin } from '../support/story.ts'
import { refreshed } from '../support/tokens.ts'
import { DATABASE_PASSWORD, type LoggingApp, quoteInserts, startLogging, without } from './logging-app.ts'

const TYPED = 'typed-hunter2-by-mistake'
const APOLLO_CODES = [
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_SUPPORTED',
  'BAD_REQUEST',
]
const LOGIN = 'mutation ($i: String!, $p: String!) { login(input: { identifier: $i, password: $p }) { accessToken } }'
const SET = 'mutation ($v: JSON!) { setSessionValue(input: { key: "key", value: $v }) { session { id } } }'
const RENAME = 'mutation ($n: String!) { updateProfile(input: { displayName: $n }) { user { id } } }'
const REGISTER = 'mutation ($input: RegisterInput!) { register(input: $input) { user { id } } }'

describeEachBackend('the log', (backend) => {
  let scene: LoggingApp
  let app: TestApp
  let lines: string[]
  let sql: Sql
  let alice: Person
  let browser: Browser
  let csrfToken: string

  beforeAll(async () => {
    scene = await startLogging(backend)
    app = scene.app
    lines = scene.lines
    sql = await openSql(app)
    alice = await signUp(app)
    browser = new Browser(app)
    csrfToken = (await browser.login(alice.username)).data?.login?.csrfToken ?? ''
  })
  afterAll(async () => {
    await sql.close()
    await app.close()
    await scene.proxy?.close()
  })

  /** Every credential that a client could send by mistake or on purpose. */
  const credentials = () => ({
    authorization: `Bearer ${alice.accessToken}`,
    cookie: [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
    'x-csrf-token': csrfToken,
    'user-agent': `agent ${PASSWORD} ${alice.refreshToken}`,
    referer: `https://app.example/?token=${alice.accessToken}`,
  })

  const send = async (query: string, variables: object = {}, headers: object = credentials(), more: object = {}) => {
    const body = { query: `${query} # ${PASSWORD}`, variables, ...more }
    const answer = await post(`${app.url}/graphql`, body, { ...headers })
    return (answer.body.errors ?? []).map(({ extensions }) => String(extensions.code))
  }

  /** Of a second factor and of API keys. */
  const shownOnce: string[] = []

  function secrets(): string[] {
    const { SECRET_KEY = '', DATABASE_URL = '', REDIS_URL = '' } = app.env
    const urls = [DATABASE_URL, REDIS_URL].filter((url) => /^(mysql|redis):/.test(url)).map((url) => new URL(url))
    const path = DATABASE_URL.replace('sqlite:', '')
    const parts = urls.flatMap(({ href, host, port, pathname }) => [href, host, `:${port}`, pathname.slice(1)])
    const tokens = [alice.accessToken, alice.refreshToken, csrfToken, ...browser.cookies.values()]
    const pieces = tokens.flatMap((token) => [token, ...token.split('.')])
    const typed = [...shownOnce, PASSWORD, PASSWORD.replaceAll(' ', '%20'), TYPED, DATABASE_PASSWORD]
    return [...typed, SECRET_KEY, path, ...pieces, ...parts].filter((secret) => secret.length >= 5)
  }

  /** One request for each error code, with as many secrets as it takes. */
  async function provokeAll(): Promise<string[]> {
    const gone = await signUp(app)
    const chief = await signUpAdmin(app)
    const used = (await signIn(app, alice.username)).refreshToken
    await chief.client.get(
      'mutation ($id: ID!) { updateUser(input: { userId: $id, isActive: false }) { user { id } } }',
      { id: gone.id },
    )
    await refreshed(app, used)
    const input = { username: TYPED, email: TYPED, password: TYPED }
    const own = { ...input, username: alice.username, email: `${TYPED}@example.com`, password: PASSWORD }
    const refresh = 'mutation ($t: String) { refresh(input: { refreshToken: $t }) { accessToken } }'
    const noBody = { authorization: `Bearer ${alice.accessToken}`, 'user-agent': PASSWORD }
    const foreign = { ...credentials(), origin: 'https://attacker.example' }
    const aliases = Array.from({ length: 31 }, (_, index) => `a${index}: me { id }`).join(' ')
    const codes = [
      await send(REGISTER, { input }),
      await send(REGISTER, { input: { ...input, [TYPED]: alice.accessToken, password: [PASSWORD] } }),
      await send('{ me { id } }', {}, { ...credentials(), authorization: `Bearer ${alice.accessToken}x` }),
      await send(LOGIN, { i: alice.username, p: TYPED }),
      await send(LOGIN, { i: PASSWORD, p: alice.email }),
      await send(LOGIN, { i: gone.username, p: PASSWORD }),
      await send('{ users { nodes { id } } }'),
      await send('mutation { refresh { accessToken } }', {}, foreign),
      await send('mutation ($s: ID!) { revokeSession(input: { sessionId: $s }) { sessionId } }', { s: TYPED }),
      await send(REGISTER, { input: own }),
      await send(refresh, { t: alice.accessToken }, noBody),
      await send(refresh, { t: used }, noBody),
      await send(`{ ${aliases} }`),
      await send(`{ me { id } "${PASSWORD}" ${alice.accessToken}`),
      await send(`{ me(password: "${PASSWORD}") { ${TYPED.replaceAll('-', '_')} } }`),
      await send('query A { me { id } }', {}, credentials(), { operationName: `${PASSWORD} ${alice.refreshToken}` }),
      await send('{ me { id } }', {}, credentials(), {
        query: undefined,
        extensions: { persistedQuery: { version: 1, sha256Hash: TYPED } },
      }),
      await send('{ me { id } }', {}, credentials(), { variables: PASSWORD }),
      ...(await provokeFactor()),
      ...(await provokeKey()),
      ...(await provokeMail()),
      ...(await provokeDocuments()),
      ...(await provokeFaults()),
      await provokeLimit(),
    ]
    await provokeHttp()
    return codes.flat()
  }

  async function provokeFactor(): Promise<string[][]> {
    const owner = await signUp(app)
    const { secret, recoveryCodes } = await turnOn(owner)
    shownOnce.push(secret, ...recoveryCodes)
    const login = { i: owner.username, p: PASSWORD }
    const factor =
      'mutation ($i: String!, $p: String!, $c: String) { login(input: { identifier: $i, password: $p, secondFactor: { recoveryCode: $c } }) { accessToken } }'
    const old = await signIn(app, alice.username)
    await sql.run("update sessions set authenticated_at = '2020-01-01 00:00:00' where id = ?", [old.sessionId])
    return [
      await send(LOGIN, login),
      await send(factor, { ...login, c: `${TYPED}${recoveryCodes[0]}` }),
      await send('mutation { startTotp { secret } }', {}, { authorization: `Bearer ${old.accessToken}` }),
    ]
  }

  /** By a good key and a mistyped one, and with a key in every wrong place. */
  async function provokeKey(): Promise<string[][]> {
    const { secret } = await createKey(await signUp(app), ['PROFILE_READ'])
    shownOnce.push(secret, secret.slice(10, -6))
    const make = 'mutation ($n: String!) { createApiKey(input: { name: $n, permissions: [USER_READ] }) { secret } }'
    return [
      await send('{ me { id } users { nodes { id } } }', {}, { authorization: `Bearer ${secret}` }),
      await send('{ me { id } }', {}, { authorization: `Bearer ${secret}${TYPED}` }),
      await send(`mutation { revokeApiKey(input: { apiKeyId: "${secret}" }) { apiKeyId } }`),
      await send(make, { n: `${secret} ${PASSWORD}` }),
      await send(make, { n: secret }),
    ]
  }

  async function provokeDocuments(): Promise<string[][]> {
    const documents = { TRUSTED_DOCUMENTS: 'test/support/trusted-documents.json', TRUSTED_DOCUMENTS_MODE: 'only' }
    const env = { ...app.env, ...documents }
    const there = await createSecondInstance({ ...app, env }, { logDestination: scene.logDestination })
    const bodies = [{ query: `{ me(id: "${PASSWORD}") { id } }` }, { documentId: `${TYPED} ${alice.accessToken}` }]
    const answers = []
    for (const body of bodies) answers.push(await post(`${there.url}/graphql`, body, credentials()))
    await there.close()
    return answers.map(({ body }) => (body.errors ?? []).map(({ extensions }) => String(extensions.code)))
  }

  async function provokeMail(): Promise<string[][]> {
    const verify = 'mutation ($t: String!) { verifyEmail(input: { token: $t }) { email } }'
    const env = { ...app.env, MAIL_URL: 'smtp://127.0.0.1:1', REQUIRE_VERIFIED_EMAIL: 'true' }
    const there = await createSecondInstance({ ...app, env }, { logDestination: scene.logDestination })
    const client = new TestClient(there.url, { headers: { 'user-agent': PASSWORD } })
    const answers = [
      await client.run(verify, { t: alice.refreshToken }),
      await client.run(LOGIN, { i: alice.username, p: PASSWORD }),
    ]
    await there.close()
    return [await send(verify, { t: TYPED }), ...answers.map(({ codes }) => codes)]
  }

  async function provokeFaults(): Promise<string[][]> {
    const codes: string[][] = []
    const run = async (...call: Parameters<typeof send>) => void codes.push(await send(...call))
    await without(sql, 'session_values', () =>
      run(SET, { v: { password: PASSWORD, token: alice.refreshToken, list: [TYPED] } }),
    )
    await without(sql, 'users', () => run(LOGIN, { i: TYPED, p: PASSWORD }, {}))
    const users = await quoteInserts(sql, 'users', 'email')
    await run(REGISTER, { input: { username: 'x-y-z', email: `${TYPED}@example.com`, password: `${PASSWORD} 2` } })
    await users.end()
    await without(sql, 'sessions', () => run('{ me { id } session { id } }'))
    const activities = await quoteInserts(sql, 'activities', 'user_agent')
    await run(RENAME, { n: `${PASSWORD} ${TYPED}` })
    await run(LOGIN, { i: TYPED, p: PASSWORD })
    await activities.end()
    // MySQL quotes the duplicate value of an index.
    await sql.run('create unique index display_once on users (display_name)')
    await run(RENAME, { n: PASSWORD })
    const other = await signUp(app)
    await run(RENAME, { n: PASSWORD }, { ...credentials(), authorization: `Bearer ${other.accessToken}` })
    await sql.run(`drop index display_once${sql.isSqlite ? '' : ' on users'}`)
    return codes
  }

  async function provokeLimit(): Promise<string[]> {
    const strict = await createSecondInstance(
      { ...app, env: { ...app.env, RATE_LIMIT_FACTOR: '0.01' } },
      { logDestination: scene.logDestination },
    )
    const client = new TestClient(strict.url, { headers: { 'user-agent': PASSWORD } })
    const answers = [
      await client.run(LOGIN, { i: TYPED, p: PASSWORD }),
      await client.run(LOGIN, { i: TYPED, p: PASSWORD }),
    ]
    await strict.close()
    return answers.flatMap(({ codes }) => codes)
  }

  /** Requests that do not reach the GraphQL server, or carry in the URL what belongs in the body. */
  async function provokeHttp(): Promise<void> {
    const headers = credentials()
    const query = encodeURIComponent(`{ me(p: "${PASSWORD}") { id } }`)
    const url = `${app.url}/graphql`
    const json = { ...headers, 'content-type': 'application/json' }
    const answers = await Promise.all([
      ask(`${url}?query=${query}&token=${alice.refreshToken}`, {
        headers: { ...headers, 'apollo-require-preflight': '1' },
      }),
      ask(`${app.url}/${alice.accessToken}/${encodeURIComponent(PASSWORD)}`, { headers }),
      ask(url, { method: 'PUT', headers: json, body: JSON.stringify({ password: PASSWORD }) }),
      ask(url, { method: 'POST', headers: json, body: `{"password": "${PASSWORD}", ` }),
      ask(url, { method: 'POST', headers: json, body: PASSWORD.repeat(5000) }),
      ask(url, {
        method: 'POST',
        headers: { ...headers, 'content-type': `application/xml; a="${PASSWORD}"` },
        body: PASSWORD,
      }),
      sendRaw(
        app.url,
        `GET /%zz${alice.accessToken} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: ${headers.cookie}\r\n\r\n`,
      ),
      sendRaw(app.url, `GET / HTTP/1.1\r\nHost: x\r\n${PASSWORD}\r\nCookie ${headers.cookie}\r\n\r\n`),
      sendRaw(
        app.url,
        `GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: ${headers.cookie.repeat(200)}\r\n\r\n`,
      ),
    ])
    expect(answers.map(({ status }) => status)).toEqual([200, 404, 405, 400, 413, 415, 400, 400, 431])
  }

  const leaks = () => lines.filter((line) => secrets().some((secret) => line.includes(secret)))

  it('holds no secret, whatever fails and whatever was sent (ASVS 16.2.5, 16.5.1)', async () => {
    const codes = new Set(await provokeAll())
    const expected = [...Object.values(ErrorCode), ...APOLLO_CODES]
    expect(codes).toEqual(new Set(expected))
    expect(secrets().length).toBeGreaterThan(12)
    const logged = lines.map((line) => JSON.parse(line))
    expect(logged.filter(({ level }) => level >= 40).length).toBeGreaterThanOrEqual(9)
    expect(leaks()).toEqual([])
  })

  if (backend === 'mysql')
    it('holds no address and no password of a database that is away, or lets the service in no more', async () => {
      const before = lines.length
      await scene.proxy?.refuse()
      expect(await send('{ me { id } }')).toEqual(['SERVICE_UNAVAILABLE'])
      expect(await send(LOGIN, { i: TYPED, p: PASSWORD })).toEqual(['SERVICE_UNAVAILABLE'])
      const root = await createConnection(inject('mariaDbUrl') ?? '')
      const account = `gate${process.pid}@'127.0.0.1'`
      await root.query(`alter user ${account} identified by 'another'`)
      await scene.proxy?.pass()
      await send('{ me { id } }')
      const later = await createSecondInstance(app, { logDestination: scene.logDestination })
      expect((await new TestClient(later.url).run(LOGIN, { i: TYPED, p: PASSWORD })).codes).toEqual([
        'SERVICE_UNAVAILABLE',
      ])
      await later.close()
      await root.query(`alter user ${account} identified by '${DATABASE_PASSWORD}'`)
      await root.end()
      expect(lines.length).toBeGreaterThan(before + 2)
      expect(leaks()).toEqual([])
    })
})
