import { once } from 'node:events'
import { request } from 'node:http'
import { Writable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { type Answer, ask, post } from './http/http-client.ts'
import { createTestApp, describeEachBackend, type TestApp } from './support/app.ts'
import { OtlpReceiver, type ReceivedSpan } from './support/otlp-receiver.ts'
import { openSql } from './support/sql.ts'
import { PASSWORD, type Person, signUp } from './support/story.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const CALLER = 'b7ad6b7169203331'
const LOGIN =
  'mutation SignIn($i: String!, $p: String!) { login(input: { identifier: $i, password: $p }) { accessToken } }'
const HEADERS_SECRET = 'api-key-hunter2'

describeEachBackend('traces', (backend) => {
  let receiver: OtlpReceiver
  let app: TestApp
  let alice: Person
  const lines: string[] = []

  beforeAll(async () => {
    receiver = await OtlpReceiver.start()
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url }
    const standard = {
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_HEADERS: `x-key=${HEADERS_SECRET}`,
      OTEL_BSP_SCHEDULE_DELAY: '50',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
    }
    // OpenTelemetry reads the environment of the process.
    for (const [name, value] of Object.entries({ ...env, ...standard })) vi.stubEnv(name, value)
    const logDestination = new Writable({
      write(line, _encoding, done) {
        lines.push(String(line))
        done()
      },
    })
    app = await createTestApp({ backend, env: { ...env, LOG_LEVEL: 'info' }, logDestination })
    alice = await signUp(app, 'alice')
  })
  afterAll(async () => {
    await app.close()
    await receiver.close()
    vi.unstubAllEnvs()
  })

  const send = (id: string, query: string, variables: object = {}, headers: Record<string, string> = {}) =>
    post(`${app.url}/graphql`, { query, variables }, { 'x-request-id': id, ...headers })
  const signedIn = () => ({ authorization: `Bearer ${alice.accessToken}` })
  const below = (spans: ReceivedSpan[], parent: ReceivedSpan | undefined) =>
    spans.filter(({ parentSpanId }) => parentSpanId === parent?.spanId)
  const named = (spans: ReceivedSpan[], name: string) => spans.find((span) => span.name === name)

  it('have the request, each root field, and each statement below its field', async () => {
    await send(
      'r-tree',
      'query Mine { me { id sessions { id } } session { id } again: me { username } }',
      {},
      signedIn(),
    )
    const spans = await receiver.traceOf('r-tree')
    const [root] = spans
    expect(root).toMatchObject({ name: 'POST /graphql', kind: 2, status: { code: 0 } })
    expect(root?.parentSpanId).toBeFalsy()
    expect(root?.attributes).toEqual({
      'http.request.method': 'POST',
      'http.route': '/graphql',
      'http.response.status_code': 200,
      'gatehouse.request_id': 'r-tree',
      'graphql.operation.name': 'Mine',
    })
    const fields = below(spans, root).filter(({ kind }) => kind === 1)
    expect(fields.map(({ name }) => name).toSorted()).toEqual(['me', 'me', 'session'])
    expect(fields.map(({ attributes }) => attributes)).toContainEqual({ 'graphql.field.name': 'session' })
    const viewer = below(spans, named(spans, 'me'))
    expect(viewer.map(({ name, kind }) => [name, kind])).toContainEqual(['select sessions', 3])
    expect(viewer[0]?.attributes).toEqual({
      'db.system.name': backend,
      'db.query.text': expect.stringMatching(/^\s*select .* from sessions .* s\.id = \? and s\.ends_at > \?$/s),
    })
    expect(spans.map(({ traceId }) => traceId)).toEqual(spans.map(() => root?.traceId))
  })

  it('have transactions as they are sent', async () => {
    const variables = { n: 'Alice the tester' }
    const rename = 'mutation Rename($n: String!) { updateProfile(input: { displayName: $n }) { user { id } } }'
    await send('r-write', rename, variables, signedIn())
    const spans = await receiver.traceOf('r-write')
    const statements = below(spans, named(spans, 'updateProfile')).map(({ name }) => name)
    expect(statements).toEqual(expect.arrayContaining(['begin', 'update users', 'insert activities', 'commit']))
  })

  it('continue the trace of the caller, and lines of the log name it', async () => {
    const traceparent = `00-${TRACE}-${CALLER}-01`
    lines.length = 0
    await send('r-caller', 'query Mine { me { id } }', {}, { ...signedIn(), traceparent })
    const [root, ...rest] = await receiver.traceOf('r-caller')
    expect(root).toMatchObject({ traceId: TRACE, parentSpanId: CALLER })
    expect(rest.length).toBeGreaterThan(1)
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
      msg: 'request completed',
      requestId: 'r-caller',
      trace_id: TRACE,
      span_id: root?.spanId,
    })
  })

  it('are left out where the caller has not sampled its own, while the log names the trace', async () => {
    lines.length = 0
    await send('r-unsampled', '{ me { id } }', {}, { traceparent: `00-${TRACE.replace('0a', '1b')}-${CALLER}-00` })
    await send('r-after', '{ me { id } }')
    await receiver.traceOf('r-after')
    expect(receiver.bodies.join()).not.toContain('r-unsampled')
    expect(lines[0]).toContain(TRACE.replace('0a', '1b'))
  })

  it('tell failures by their code: those of clients, and faults as errors', async () => {
    await send('r-refused', LOGIN, { i: 'nobody', p: PASSWORD })
    const refused = named(await receiver.traceOf('r-refused'), 'login')
    expect(refused?.attributes['error.type']).toBe('INVALID_CREDENTIALS')
    expect(refused?.status.code).toBe(0)
    const sql = await openSql(app)
    await sql.run('alter table session_values rename to values_away')
    const set = 'mutation { setSessionValue(input: { key: "a", value: 1 }) { session { id } } }'
    await send('r-fault', set, {}, signedIn())
    await sql.run('alter table values_away rename to session_values')
    await sql.close()
    const spans = await receiver.traceOf('r-fault')
    expect(named(spans, 'setSessionValue')).toMatchObject({
      status: { code: 2 },
      attributes: { 'error.type': 'INTERNAL_SERVER_ERROR' },
    })
    const failed = spans.filter(({ kind, status }) => kind === 3 && status.code === 2)
    expect(failed.map(({ attributes }) => attributes['error.type'])).toEqual([
      backend === 'mysql' ? 'ER_NO_SUCH_TABLE' : 'SQLITE_ERROR',
    ])
  })

  it.each<[what: string, id: string, request: (id: string) => Promise<Answer>, name: string, status: number]>([
    [
      'an unknown path',
      'r-404',
      (id) => ask(`${app.url}/x?token=${PASSWORD}`, { headers: { 'x-request-id': id } }),
      'GET',
      404,
    ],
    [
      'a body that cannot be read',
      'r-400',
      (id) => post(`${app.url}/graphql`, '{', { 'x-request-id': id }),
      'POST /graphql',
      400,
    ],
    [
      'the keys',
      'r-jwks',
      (id) => ask(`${app.url}/.well-known/jwks.json`, { headers: { 'x-request-id': id } }),
      'GET /.well-known/jwks.json',
      200,
    ],
  ])('have a request for %s', async (_, id, ask, name, status) => {
    await ask(id)
    const [root] = await receiver.traceOf(id)
    expect([root?.name, root?.attributes['http.response.status_code']]).toEqual([name, status])
  })

  it('stay whole where the body comes later than the headers, in lines of the log too', async () => {
    const sendLate = async (id: string, body: string) => {
      const headers = { 'content-type': 'application/json', 'content-length': body.length, 'x-request-id': id }
      const call = request(`${app.url}/graphql`, { method: 'POST', headers })
      call.flushHeaders()
      await pause(50)
      call.end(body)
      const [response] = await once(call, 'response')
      response.resume()
    }
    await sendLate('r-late', '{"query":"{ roles { name } }"}')
    const [late, ...rest] = await receiver.traceOf('r-late')
    expect(rest.map(({ name, parentSpanId }) => [name, parentSpanId])).toContainEqual(['roles', late?.spanId])
    await sendLate('r-broken', '{"query":')
    const [broken] = await receiver.traceOf('r-broken')
    const logged = lines.map((text) => JSON.parse(text)).filter(({ msg }) => msg === 'request completed')
    for (const [id, span] of [
      ['r-late', late],
      ['r-broken', broken],
    ] as const)
      expect(logged.find(({ requestId }) => requestId === id)).toMatchObject({
        trace_id: span?.traceId,
        span_id: span?.spanId,
      })
  })

  it('have no health checks, and nothing that the service does by itself', async () => {
    for (const path of ['/health/live', '/health/ready']) await fetch(`${app.url}${path}`)
    await send('r-last', '{ __typename }')
    await receiver.traceOf('r-last')
    const roots = receiver.spans.filter(({ parentSpanId }) => !parentSpanId)
    expect(roots.filter(({ attributes }) => !attributes['gatehouse.request_id'])).toEqual([])
    expect(receiver.spans.filter(({ attributes }) => String(attributes['http.route']).startsWith('/health'))).toEqual(
      [],
    )
  })

  it('are sent as the standard variables say, and name the service', () => {
    expect(receiver.requests[0]?.url).toBe('/v1/traces')
    expect(receiver.requests[0]?.headers['x-key']).toBe(HEADERS_SECRET)
    expect(receiver.spans[0]?.resource).toMatchObject({
      'service.name': 'gatehouse',
      'deployment.environment.name': 'test',
    })
  })

  it('hold no value: neither of statements nor of variables, headers or addresses', async () => {
    const register = 'mutation ($i: RegisterInput!) { register(input: $i) { user { id } } }'
    const typed = { username: 'typed-by-somebody', email: 'typed@example.com', password: `${PASSWORD} 2` }
    await send('r-typed', register, { i: typed }, { cookie: 'a=cookie-hunter2', 'user-agent': 'agent-hunter2' })
    await send('r-literal', `{ user(id: "literal-hunter2") { id } }`, {}, signedIn())
    await ask(`${app.url}/graphql?query={__typename}&variables={"a":"variable-hunter2"}`, {
      headers: { 'apollo-require-preflight': '1', 'x-request-id': 'r-get' },
    })
    for (const id of ['r-typed', 'r-literal', 'r-get']) await receiver.traceOf(id)
    const sent = receiver.bodies.join()
    const { username, email, accessToken, refreshToken, sessionId } = alice
    const own = [username, email, accessToken, refreshToken, sessionId, alice.id, PASSWORD, 'Alice the tester']
    const servers = [app.env.SECRET_KEY, app.env.DATABASE_URL, app.env.REDIS_URL].filter((value) => value !== undefined)
    for (const value of [...own, ...Object.values(typed), ...servers, 'hunter2', '127.0.0.1'])
      expect([value, sent.includes(value)]).toEqual([value, false])
    expect(receiver.spans.flatMap(({ events }) => events)).toEqual([])
  })
})

it('serve the next service in the process after the first has ended', async () => {
  const receiver = await OtlpReceiver.start()
  vi.stubEnv('OTEL_EXPORTER_OTLP_PROTOCOL', 'http/json')
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', receiver.url)
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url }
  for (const id of ['r-first', 'r-second']) {
    const app = await createTestApp({ backend: 'sqlite', env })
    await post(`${app.url}/graphql`, { query: '{ __typename }' }, { 'x-request-id': id })
    // The stop sends what is left.
    await app.close()
    expect((await receiver.traceOf(id))[0]?.name).toBe('POST /graphql')
  }
  await receiver.close()
  vi.unstubAllEnvs()
})
