import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { OperationLabels } from '../src/operation-labels.ts'
import { createSecondInstance, createTestApp, describeEachBackend, type TestApp } from './support/app.ts'
import { TestClient } from './support/client.ts'
import { freePort } from './support/server-process.ts'
import { openSql } from './support/sql.ts'
import { PASSWORD, signUp } from './support/story.ts'
import { login } from './support/tokens.ts'

const metricsPort = async () => ({ METRICS_PORT: String(await freePort()) })
const read = async ({ metricsUrl }: { metricsUrl?: string | undefined }) =>
  (await fetch(`${metricsUrl}/metrics`)).text()

describeEachBackend('metrics', (backend) => {
  let app: TestApp
  let text: string

  beforeAll(async () => {
    app = await createTestApp({ backend, env: await metricsPort() })
  })
  afterAll(() => app.close())

  it('are Prometheus text on a port of their own, with operations, logins, faults and the queue', async () => {
    const { username, accessToken } = await signUp(app)
    await login(app, username, 'not the password')
    await login(app, 'nobody')
    await new TestClient(app.url).run('{ me { id } }')
    const response = await fetch(`${app.metricsUrl}/metrics`)
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
    text = await response.text()
    expect(text).toContain('gatehouse_logins_total{outcome="ok"} 1\n')
    expect(text).toMatch(/gatehouse_logins_total\{outcome="[\w ]+"\} 2\n/)
    expect(text).toContain('gatehouse_graphql_operations_total{code="UNAUTHENTICATED"} 1\n')
    expect(text).toContain('gatehouse_graphql_operations_total{code="INVALID_CREDENTIALS"} 2\n')
    expect(text).toContain('gatehouse_activity_write_failures_total 0\n')
    expect(text).toContain('gatehouse_cache_failures_total 0\n')
    expect(text).toContain('gatehouse_password_queue_length 0\n')
    expect(text).toContain('nodejs_eventloop_lag_seconds')
    for (const secret of [username, accessToken, PASSWORD, app.env.SECRET_KEY as string])
      expect(text).not.toContain(secret)
  })

  it('have the times of operations that ran by their names, and of root fields with the codes of their errors', async () => {
    const client = new TestClient(app.url)
    const before = await read(app)
    await client.run('query Mine { me { id } again: me { id } can(permission: PROFILE_READ) { allowed } }')
    await client.run('query Typo { mee }')
    const after = await read(app)
    expect(after).toContain('gatehouse_graphql_operation_duration_seconds_count{operation="Mine"} 1\n')
    expect(after).not.toContain('Typo')
    expect(after).toMatch(/gatehouse_graphql_operation_duration_seconds_count\{operation="\(anonymous\)"\} [1-9]/)
    const count = (from: string, name: string) => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(from)?.[1] ?? 0)
    const grown = (name: string) => count(after, name) - count(before, name)
    expect(grown('gatehouse_graphql_field_duration_seconds_count{field="me"}')).toBe(2)
    expect(grown('gatehouse_graphql_field_duration_seconds_count{field="can"}')).toBe(1)
    expect(grown('gatehouse_graphql_field_errors_total{field="me",code="UNAUTHENTICATED"}')).toBe(2)
    expect(after).not.toContain('gatehouse_graphql_field_errors_total{field="can"')
    expect(after).not.toMatch(/_sum\{[^}]*\} (NaN|-)/)
  })

  it('have faults by the code that clients get', async () => {
    const alice = await signUp(app)
    const sql = await openSql(app)
    await sql.run('alter table session_values rename to hidden_values')
    await alice.client.run('{ session { keys } roles { name } }')
    await sql.run('alter table hidden_values rename to session_values')
    await sql.close()
    const answered = 'gatehouse_graphql_operations_total{code="INTERNAL_SERVER_ERROR"} 1\n'
    expect(await read(app)).toContain(answered)
  })

  it('have the connections to MySQL, where that is the database', async () => {
    const figures = [...(await read(app)).matchAll(/^gatehouse_database_connections_(\w+) (\d+)$/gm)]
    const expected = { used: 0, max: 10, waiting: 0 }
    expect(Object.fromEntries(figures.map(([, name, value]) => [name, Number(value)]))).toEqual(
      backend === 'mysql' ? expected : {},
    )
  })
})

it('count the hashes that run, wait and were refused', async () => {
  const env = { ...(await metricsPort()), PASSWORD_HASH_ITERATIONS: '500', PASSWORD_HASH_CONCURRENCY: '1' }
  const app = await createTestApp({ backend: 'sqlite', env })
  const tries = [login(app, randomUUID()), login(app, randomUUID())]
  const busy = await vi.waitUntil(async () => {
    const now = await read(app)
    return /password_queue_length 1\n/.test(now) && now
  })
  expect(busy).toContain('gatehouse_password_hashes_running 1\n')
  expect(busy).toContain('gatehouse_password_hashes_refused_total 0\n')
  await Promise.all(tries)
  expect(await read(app)).toContain('gatehouse_password_hashes_running 0\n')
  await app.close()
})

describe('metrics of SQLite', () => {
  let app: TestApp
  beforeAll(async () => {
    app = await createTestApp({ backend: 'sqlite', env: await metricsPort() })
  })
  afterAll(() => app.close())

  it('have nothing else on their port, and are not on the other one (ASVS 13.4.5)', async () => {
    for (const path of ['/', '/graphql', '/health/live']) {
      expect((await fetch(`${app.metricsUrl}${path}`)).status).toBe(404)
    }
    expect((await fetch(`${app.url}/metrics`)).status).toBe(404)
    expect(await read(app)).toContain('gatehouse_')
  })

  it('are off where there is no METRICS_PORT', async () => {
    const off = await createSecondInstance({ ...app, env: { ...app.env, METRICS_PORT: '' } })
    expect(off.metricsUrl).toBeUndefined()
    expect((await fetch(`${off.url}/metrics`)).status).toBe(404)
    await off.close()
  })

  it('have what limits refuse, by the name of the limit', async () => {
    const env = { ...app.env, ...(await metricsPort()), RATE_LIMIT_FACTOR: '1', RATE_LIMIT_REQUESTS: '12' }
    const limited = await createSecondInstance({ ...app, env })
    for (let call = 0; call < 11; call += 1) await login({ ...app, url: limited.url }, 'somebody')
    for (let call = 0; call < 3; call += 1) await fetch(`${limited.url}/nothing`)
    const refused = await read(limited)
    await limited.close()
    expect(refused).toContain('gatehouse_limit_refusals_total{limit="login"} 1\n')
    expect(refused).toContain('gatehouse_limit_refusals_total{limit="request"} 2\n')
  })

  it('stay few under invented operation names', async () => {
    const client = new TestClient(app.url)
    for (let n = 0; n < 150; n += 1) await client.get(`query Random${n} { __typename }`)
    const text = await read(app)
    expect(text.match(/operation_duration_seconds_count/g)?.length).toBeLessThan(103)
    expect(text).toMatch(/operation_duration_seconds_count\{operation="\(other\)"\} [5-9]\d\n/)
  })

  it('know the names of trusted documents alone, where there are any', async () => {
    const documents = { TRUSTED_DOCUMENTS: 'test/support/trusted-documents.json' }
    const there = await createSecondInstance({ ...app, env: { ...app.env, ...documents, ...(await metricsPort()) } })
    const client = new TestClient(there.url)
    await client.run('query Invented { me { id } }')
    await client.run('query Mine { me { id } }')
    const text = await read(there)
    await there.close()
    const names = [...text.matchAll(/operation_duration_seconds_count\{operation="([^"]+)"\}/g)].map(([, name]) => name)
    expect(names.toSorted()).toEqual(['(other)', 'Mine'])
  })
})

describe('the label of an operation', () => {
  let nowMs: number
  const dropped: string[] = []
  let labels: OperationLabels
  beforeEach(() => {
    nowMs = performance.now()
    vi.spyOn(performance, 'now').mockImplementation(() => nowMs)
    dropped.length = 0
    labels = new OperationLabels(undefined, (name) => dropped.push(name))
  })
  afterEach(() => {
    vi.restoreAllMocks()
  })

  it('is a place among 100, which is given back after an hour without use', () => {
    expect(labels.labelOf(null)).toBe('(anonymous)')
    for (let n = 0; n < 100; n += 1) expect(labels.labelOf(`Random${n}`)).toBe(`Random${n}`)
    expect(labels.labelOf('Mine')).toBe('(other)')
    nowMs += 1_800_000
    expect(labels.labelOf('Random7')).toBe('Random7')
    nowMs += 1_900_000
    expect(labels.labelOf('Mine')).toBe('Mine')
    expect(labels.labelOf('Random7')).toBe('Random7')
    expect(dropped).toHaveLength(99)
  })
})
