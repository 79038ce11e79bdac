import { serverAudits } from 'graphql-http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer } from './test-server.ts'

describe('every audit of graphql-http', () => {
  let server: TestServer
  const audits = serverAudits({
    url: () => server.graphql,
    fetchFn: (input: string, init: RequestInit = {}) =>
      fetch(input, {
        ...init,
        headers: { ...Object.fromEntries(new Headers(init.headers)), 'apollo-require-preflight': 'true' },
      }),
  })

  beforeAll(async () => {
    server = await startTestServer()
  })
  afterAll(() => server.close())

  test('there are 61', () => expect(audits).toHaveLength(61))

  test.each(audits.map((audit) => ({ name: `${audit.id} ${audit.name}`, audit })))('$name', async ({ audit }) => {
    expect(await audit.fn()).toMatchObject({ status: 'ok' })
  })
})
