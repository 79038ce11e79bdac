import { Writable } from 'node:stream'
import { afterAll, beforeAll, beforeEach, expect, it, test } from 'vitest'
import { createSecondInstance, createTestApp, type TestApp } from '../support/app.ts'
import { PASSWORD, type Person, signUp } from '../support/story.ts'

const LOGIN = 'mutation SignIn($p: String!) { login(input: { identifier: "nobody", password: $p }) { accessToken } }'
const JSON_BODY = { 'content-type': 'application/json' }

let app: TestApp
let alice: Person
let lines: string[] = []
const logDestination = new Writable({
  write(line, _encoding, done) {
    lines.push(String(line))
    done()
  },
})

beforeAll(async () => {
  app = await createTestApp({ backend: 'sqlite', env: { LOG_LEVEL: 'info' }, logDestination })
  alice = await signUp(app, 'alice')
})
beforeEach(() => {
  lines = []
})
afterAll(() => app.close())

const send = (body: unknown, headers: Record<string, string> = {}, url = app.url) =>
  fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { ...JSON_BODY, 'x-request-id': 'r-1', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
const logged = () => lines.map((line) => JSON.parse(line) as Record<string, unknown>)

it('has one line for each operation, with its name and root fields', async () => {
  const query =
    'query Mine { ...mine again: me { id } ... { session { id } } roles { name } } fragment mine on Query { me { id } }'
  await send({ query }, { authorization: `Bearer ${alice.accessToken}` })
  expect(logged()).toEqual([
    {
      level: 30,
      time: expect.any(String),
      pid: process.pid,
      requestId: 'r-1',
      operation: 'Mine',
      fields: ['me', 'roles', 'session'],
      code: null,
      ms: expect.any(Number),
      ip: '127.0.0.1',
      msg: 'request completed',
    },
  ])
})

it.each<[what: string, send: () => Promise<unknown>, expected: object]>([
  ['failed', () => send({ query: LOGIN, variables: { p: PASSWORD } }), ['INVALID_CREDENTIALS', 'SignIn', ['login']]],
  ['cannot be parsed', () => send({ query: `query A { me { "${PASSWORD}" ` }), ['GRAPHQL_PARSE_FAILED', null, []]],
  [
    'is not valid',
    () => send({ query: 'query A { me { x } typed_by_mistake }' }),
    ['GRAPHQL_VALIDATION_FAILED', 'A', ['me']],
  ],
  [
    'is too complex',
    () => send({ query: `query A { ${'me { id } '.repeat(31)} }` }),
    ['QUERY_TOO_COMPLEX', 'A', ['me']],
  ],
  [
    'has bad variables',
    () => send({ query: LOGIN, variables: { p: [PASSWORD] } }),
    ['BAD_USER_INPUT', 'SignIn', ['login']],
  ],
  [
    'is not found',
    () => send({ query: 'query A { me { id } }', operationName: PASSWORD }),
    ['OPERATION_RESOLUTION_FAILURE', null, []],
  ],
  ['is one of a batch', () => send([{ query: '{ me { id } }' }]), ['BAD_REQUEST', null, []]],
  ['is no JSON', () => send(`{"query": "${PASSWORD}`), ['BAD_REQUEST', null, []]],
  ['is too large', () => send({ query: PASSWORD.repeat(4000) }), ['BAD_REQUEST', null, []]],
  [
    'could be forged',
    () => send({ query: '{ me { id } }' }, { 'content-type': 'text/plain' }),
    ['BAD_REQUEST', null, []],
  ],
  ['has a type that is not read', () => send('a', { 'content-type': 'application/xml' }), ['BAD_REQUEST', null, []]],
])('has one line for an operation that %s, and never what was typed', async (_, request, expected) => {
  await request()
  const [line, ...more] = logged()
  expect(more).toEqual([])
  expect([line?.code, line?.operation, line?.fields]).toEqual(expected)
  expect(lines.join()).not.toMatch(new RegExp(`${PASSWORD}|typed_by_mistake`))
})

it('bounds names, and has no line for health checks and the explorer', async () => {
  await send({ query: `query ${'a'.repeat(1000)} { __typename ...F } fragment F on Query { ...F }` })
  await fetch(`${app.url}/health/ready`)
  await fetch(`${app.url}/graphql`, { headers: { accept: 'text/html', 'sec-fetch-mode': 'navigate' } })
  expect(logged()).toMatchObject([{ operation: 'a'.repeat(100), fields: ['__typename'] }])
})

test('the limit of requests has lines too, and LOG_REQUESTS=false none', async () => {
  const more = { RATE_LIMIT_REQUESTS: '1', RATE_LIMIT_FACTOR: '1' }
  const limited = await createSecondInstance({ ...app, env: { ...app.env, ...more } }, { logDestination })
  for (let request = 0; request < 2; request += 1) await send({ query: '{ __typename }' }, {}, limited.url)
  await limited.close()
  expect(logged().map(({ code, operation }) => [code, operation])).toEqual([
    [null, null],
    ['RATE_LIMITED', null],
  ])
  const silent = await createSecondInstance({ ...app, env: { ...app.env, LOG_REQUESTS: 'false' } }, { logDestination })
  await send({ query: '{ __typename }' }, {}, silent.url)
  await silent.close()
  expect(lines).toHaveLength(2)
})
