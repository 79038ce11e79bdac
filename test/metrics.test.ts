import { afterEach, expect, it } from 'vitest'
import { createTestApp, type TestApp } from './support/app.ts'
import { TestClient } from './support/client.ts'
import { freePort } from './support/server-process.ts'
import { PASSWORD, signUp } from './support/story.ts'
import { login } from './support/tokens.ts'

let app: TestApp

afterEach(() => app.close())

const read = async () => (await fetch(`${app.metricsUrl}/metrics`)).text()

it('are Prometheus text on a port of their own, with operations, logins, faults and the queue', async () => {
  app = await createTestApp({ backend: 'sqlite', env: { METRICS_PORT: String(await freePort()) } })
  const { username, accessToken } = await signUp(app)
  await login(app, username, 'not the password')
  await login(app, 'nobody')
  await new TestClient(app.url).run('{ me { id } }')
  const response = await fetch(`${app.metricsUrl}/metrics`)
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
  const text = await response.text()
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

it('have nothing else on their port, and are not on the other one (ASVS 13.4.5)', async () => {
  app = await createTestApp({ backend: 'sqlite', env: { METRICS_PORT: String(await freePort()) } })
  for (const path of ['/', '/graphql', '/health/live']) {
    expect((await fetch(`${app.metricsUrl}${path}`)).status).toBe(404)
  }
  expect((await fetch(`${app.url}/metrics`)).status).toBe(404)
  expect(await read()).toContain('gatehouse_')
})

it('are off where there is no METRICS_PORT', async () => {
  app = await createTestApp({ backend: 'sqlite' })
  expect(app.metricsUrl).toBeUndefined()
  expect((await fetch(`${app.url}/metrics`)).status).toBe(404)
})
