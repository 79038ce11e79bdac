import { connect, createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RateLimitedError } from '../../src/errors.ts'
import { ask, post, sendRaw } from './http-client.ts'
import { startTestServer, type TestServer } from './test-server.ts'

describe('health', () => {
  test.each([
    [true, 'ok', 200, 'ok'],
    [true, 'off', 200, 'ok'],
    [true, 'down', 200, 'degraded'],
    [false, 'ok', 503, 'unavailable'],
    [false, 'down', 503, 'unavailable'],
  ] as const)('database %s and Redis %s: %i %s', async (database, redis, code, status) => {
    const server = await startTestServer({}, { checkDatabase: async () => database, checkRedis: async () => redis })
    const ready = await ask(`${server.url}/health/ready`)
    expect([ready.status, ready.body]).toEqual([
      code,
      { status, checks: { database: database ? 'ok' : 'down', redis } },
    ])
    const live = await ask(`${server.url}/health/live`)
    expect([live.status, live.text]).toEqual([200, '{"status":"ok"}'])
    await server.close()
  })

  test('a check that fails, or never answers, is down within a second and a half', async () => {
    const never = () => new Promise<never>(() => undefined)
    const servers = [
      await startTestServer({}, { checkDatabase: never, checkRedis: never }),
      await startTestServer(
        {},
        { checkDatabase: () => Promise.reject(new Error('x')), checkRedis: () => Promise.reject(new Error('x')) },
      ),
    ]
    for (const server of servers) {
      const begin = performance.now()
      const { status, body } = await ask(`${server.url}/health/ready`)
      expect([status, body.checks]).toEqual([503, { database: 'down', redis: 'down' }])
      expect(performance.now() - begin).toBeLessThan(1_500)
      await server.close()
    }
  })

  test('asks the database once, however many ask at the same time', async () => {
    let asked = 0
    const server = await startTestServer(
      {},
      {
        checkDatabase: async () => {
          asked += 1
          await new Promise((resolve) => setTimeout(resolve, 200))
          return true
        },
      },
    )
    await Promise.all(Array.from({ length: 20 }, () => ask(`${server.url}/health/ready`)))
    expect(asked).toBe(1)
    await server.close()
  })
})

describe('health checks of load balancers', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer()
  })
  afterAll(() => server.close())

  test.each([
    'GET /health/ready HTTP/1.0',
    'GET /health/live HTTP/1.0',
    'HEAD /health/ready HTTP/1.0',
    'GET /health/ready?x=1 HTTP/1.0',
    'GET /health/ready HTTP/1.1\r\nConnection: close',
    'GET /health/ready HTTP/1.1\r\nHost:\r\nConnection: close',
    'GET /health/ready HTTP/1.1\r\nHost: gate_house:4000\r\nConnection: close',
    'GET /health/ready HTTP/1.1\r\nHost: [2001:db8::1]:4000\r\nConnection: close',
  ])('need no Host: %j', async (request) => {
    expect((await sendRaw(server.url, `${request}\r\n\r\n`)).status).toBe(200)
  })

  test('on an unknown path are 404 without a Host', async () => {
    expect((await sendRaw(server.url, 'GET /health/x HTTP/1.0\r\n\r\n')).status).toBe(404)
  })
})

describe('the coarse limit', () => {
  let limited: TestServer

  beforeAll(async () => {
    limited = await startTestServer({}, { consumeRequest: () => Promise.reject(new RateLimitedError(42)) })
  })
  afterAll(() => limited.close())

  test.each(['/graphql', '/nothing', '/.well-known/jwks.json', '/oauth/introspect'])(
    'refuses %s with 429, and says when to come back',
    async (path) => {
      for (const method of ['GET', 'POST', 'OPTIONS']) {
        const origin = 'https://app.example.com'
        const { status, headers, body } = await ask(limited.url + path, { method, headers: { origin } })
        expect([method, status, headers.get('retry-after')]).toEqual([method, 429, '42'])
        expect(body).toEqual({
          errors: [{ message: 'Too many tries.', extensions: { code: 'RATE_LIMITED', retryAfter: 42 } }],
        })
        expect(headers.get('x-content-type-options')).toBe('nosniff')
      }
    },
  )

  test('lets health checks through, and nothing that only looks like one', async () => {
    expect((await ask(`${limited.url}/health/live`)).status).toBe(200)
    expect((await ask(`${limited.url}/health/ready`)).status).toBe(200)
    expect((await ask(`${limited.url}/healthy`)).status).toBe(429)
  })

  test('counts no preflight, or pages could not read why they are refused', async () => {
    const preflight = { origin: 'https://app.example.com', 'access-control-request-method': 'POST' }
    const { status, headers } = await ask(limited.graphql, { method: 'OPTIONS', headers: preflight })
    expect([status, headers.get('access-control-allow-origin')]).toEqual([204, preflight.origin])
    expect((await ask(`${limited.url}/nothing`, { method: 'OPTIONS', headers: preflight })).status).toBe(404)
    expect((await ask(limited.graphql, { method: 'POST', headers: preflight })).status).toBe(429)
  })

  test('counts before the body is read', async () => {
    expect((await post(limited.graphql, 'x'.repeat(70_000))).status).toBe(429)
  })
})

describe('leaving', () => {
  test('serves requests while readiness is refused, and closes each connection with an answer', async () => {
    const server = await startTestServer({ drainSeconds: 1 })
    const idle = connect(Number(new URL(server.url).port), '127.0.0.1')
    const request = 'GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n'
    const answer = () => new Promise<string>((resolve) => idle.once('data', (data) => resolve(data.toString())))
    idle.write(request)
    expect(await answer()).toMatch(/\r\nconnection: keep-alive\r\n/i)

    const left = server.leave()
    const ready = await ask(`${server.url}/health/ready`)
    expect([ready.status, ready.body.status]).toEqual([503, 'draining'])
    const served = await post(server.graphql, { query: 'mutation { count }' })
    expect([served.status, served.body.data, served.headers.get('connection')]).toEqual([200, { count: 1 }, 'close'])
    const closed = new Promise((resolve) => idle.once('close', resolve))
    idle.write(request)
    expect(await answer()).toMatch(/^HTTP\/1\.1 200 OK\r\n.*connection: close\r\n/is)
    await closed

    await left
    await server.close()
    await expect(ask(server.url)).rejects.toThrow()
  })

  test('for no time at all still answers what meets the stop on a kept connection', async () => {
    const server = await startTestServer()
    const idle = connect(Number(new URL(server.url).port), '127.0.0.1')
    const answer = () => new Promise<string>((resolve) => idle.once('data', (data) => resolve(data.toString())))
    const request = 'GET /.well-known/jwks.json HTTP/1.1\r\nHost: x\r\n\r\n'
    idle.write(request)
    await answer()
    const closed = server.leave().then(() => server.close())
    idle.write(request)
    expect(await answer()).toMatch(/^HTTP\/1\.1 200 OK\r\n.*connection: close\r\n/is)
    await closed
  })
})

describe('draining', () => {
  test('what runs finishes, what is new is 503, the port stays open', async () => {
    const server = await startTestServer()
    const running = Array.from({ length: 40 }, () =>
      post(server.graphql, { query: 'mutation { waitAndCount(ms: 600) }' }),
    )
    await untilBusy(server)
    const drained = server.drain()

    const late = await post(server.graphql, { query: '{ hello }' })
    expect(late.status).toBe(503)
    expect(late.body.errors?.[0]?.extensions).toEqual({ code: 'SERVICE_UNAVAILABLE' })
    expect(late.headers.get('connection')).toBe('close')
    const ready = await ask(`${server.url}/health/ready`)
    expect([ready.status, ready.body.status]).toEqual([503, 'draining'])
    expect((await ask(`${server.url}/health/live`)).status).toBe(200)
    const elsewhere = await ask(`${server.url}/.well-known/jwks.json`)
    expect([elsewhere.status, elsewhere.text]).toEqual([503, '{"error":"Service unavailable"}'])

    const answers = await Promise.all(running)
    expect(answers.map(({ status, body }) => [status, typeof body.data?.waitAndCount])).toEqual(
      Array.from({ length: 40 }, () => [200, 'number']),
    )
    await drained
    await server.close()
    await expect(ask(server.url)).rejects.toThrow()
  })

  test('a request whose body has not arrived is new', async () => {
    const server = await startTestServer()
    const body = '{"query":"mutation { count }"}'
    const head = `POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    socket.write(head + body.slice(0, 5))
    await new Promise((resolve) => setTimeout(resolve, 100))
    await server.drain()
    const received = new Promise<string>((resolve) => socket.once('data', (data) => resolve(data.toString())))
    socket.write(body.slice(5))
    expect(await received).toMatch(/^HTTP\/1\.1 503/)
    expect(server.ran()).toBe(0)
    await server.close()
    socket.destroy()
  })

  test('a stalled upload does not hold the stop, and an operation without an end holds it no longer than the limit', async () => {
    const server = await startTestServer({}, { deadlines: { drainMs: 300 } })
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write('POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{')
    const cut = post(server.graphql, { query: '{ wait(ms: 5000) }' }).catch(() => 'cut')
    await untilBusy(server)
    const begin = performance.now()
    await server.close()
    expect(performance.now() - begin).toBeLessThan(1_500)
    expect(await cut).toBe('cut')
    socket.destroy()
  })

  test('waits for an operation whose client has gone', async () => {
    const server = await startTestServer()
    const abort = new AbortController()
    const gone = fetch(server.graphql, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"query":"mutation { waitAndCount(ms: 500) }"}',
      signal: abort.signal,
    }).catch(() => 'gone')
    await untilBusy(server)
    abort.abort()
    expect(await gone).toBe('gone')
    await server.drain()
    expect(server.ran()).toBe(1)
    await server.close()
  })

  test('nothing is waited for when nothing runs, and twice is once', async () => {
    const server = await startTestServer()
    await post(server.graphql, { query: '{ hello }' })
    const begin = performance.now()
    await Promise.all([server.drain(), server.close(), server.close()])
    expect(performance.now() - begin).toBeLessThan(500)
  })
})

describe('slow clients', () => {
  test('headers and bodies that do not arrive in time end with 408', async () => {
    const server = await startTestServer({}, { deadlines: { headersMs: 300, requestMs: 600 } })
    const begin = performance.now()
    const [headers, body] = await Promise.all([
      sendRaw(server.url, 'POST /graphql HTTP/1.1\r\nHost: x\r\n'),
      sendRaw(
        server.url,
        'POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
      ),
    ])
    expect([headers.status, headers.text]).toEqual([408, '{"error":"Request timeout"}'])
    expect(body.status).toBe(408)
    expect(headers.headers.get('x-content-type-options')).toBe('nosniff')
    expect(performance.now() - begin).toBeLessThan(3_000)
    await server.close()
  })
})

test('broken HTTP in the middle of an answer ends the connection without a second answer', async () => {
  const server = await startTestServer({}, { jwks: async () => ({ keys: ['x'.repeat(30_000_000)] }) })
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.on('error', () => undefined)
  socket.write('GET /.well-known/jwks.json HTTP/1.1\r\nHost: x\r\n\r\n')
  const received: Buffer[] = []
  socket.once('readable', () =>
    socket.write('nonsense\r\n\r\n', () => socket.on('data', (data) => received.push(data))),
  )
  await closed
  const answers = Buffer.concat(received)
    .toString()
    .match(/HTTP\/1\.1 \d+/g)
  expect(answers).toEqual(['HTTP/1.1 200'])
  await server.close()
})

describe('metrics', () => {
  test('are served on a port of their own, and nothing else is', async () => {
    const server = await startTestServer({ metricsPort: 0 }, { metrics: async () => 'up 1\n' })
    const answer = await ask(`${server.metricsUrl}/metrics`)
    expect([answer.status, answer.text]).toEqual([200, 'up 1\n'])
    expect(answer.headers.get('content-type')).toContain('text/plain; version=0.0.4')
    expect((await ask(`${server.metricsUrl}/graphql`)).status).toBe(404)
    expect((await ask(`${server.metricsUrl}/metrics`, { method: 'POST' })).status).toBe(404)
    expect((await ask(`${server.url}/metrics`)).status).toBe(404)
    await server.close()
    await expect(ask(`${server.metricsUrl}/metrics`)).rejects.toThrow()
  })

  test('that fail are 500 in JSON', async () => {
    const server = await startTestServer({ metricsPort: 0 }, { metrics: () => Promise.reject(new Error('secret')) })
    expect((await ask(`${server.metricsUrl}/metrics`)).text).toBe('{"error":"Internal server error"}')
    await server.close()
  })
})

describe('a start', () => {
  test('on a taken port fails, and leaves nothing behind', async () => {
    const server = await startTestServer({ metricsPort: 0 }, { metrics: async () => '' })
    const port = Number(new URL(server.url).port)
    await expect(startTestServer({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' })

    const probe = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => probe.once('listening', resolve))
    const free = (probe.address() as { port: number }).port
    await new Promise((resolve) => probe.close(resolve))
    const metricsPort = Number(new URL(server.metricsUrl ?? '').port)
    const metrics = async () => ''
    await expect(startTestServer({ port: free, metricsPort }, { metrics })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    })
    await expect(ask(`http://127.0.0.1:${free}/health/live`)).rejects.toThrow()
    await server.close()
  })

  test('of several in one process gives each its own state', async () => {
    const [one, two] = await Promise.all([startTestServer(), startTestServer({ introspection: false })])
    await one.close()
    expect((await post(two.graphql, { query: '{ hello }' })).body.data).toEqual({ hello: 'world' })
    await two.close()
  })

  test('leaves the signals alone', async () => {
    const before = process.listenerCount('SIGTERM')
    const server = await startTestServer()
    expect(process.listenerCount('SIGTERM')).toBe(before)
    await server.close()
  })
})

/** Long enough for the service to read requests that were just sent. */
async function untilBusy(server: TestServer): Promise<void> {
  await ask(`${server.url}/health/live`)
  await new Promise((resolve) => setTimeout(resolve, 200))
}
