import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { callFrom, type OtherOrigin, openPage, startChromium, startOtherOrigin } from '../support/chromium.ts'
import { hasNoChromium } from '../support/installed.ts'

const QUERY = { query: '{ __typename }' }
const DATA = { data: { __typename: 'Query' } }

/** What libraries for clients and for tracing add by themselves. */
const LIBRARIES = {
  'apollographql-client-name': 'web',
  'apollographql-client-version': '1.0',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  tracestate: 'a=1',
  'sentry-trace': '0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1',
  baggage: 'sentry-release=1.0',
}
const LIMIT = 10

describe.skipIf(hasNoChromium)('a page of another origin', () => {
  let other: OtherOrigin
  let app: TestApp
  let limited: TestApp
  let browser: Browser
  let page: Page

  beforeAll(async () => {
    other = await startOtherOrigin()
    const env = { CORS_ORIGINS: other.origin }
    app = await createTestApp({ backend: 'sqlite', env })
    const limits = { RATE_LIMIT_REQUESTS: String(LIMIT), RATE_LIMIT_FACTOR: '1' }
    limited = await createTestApp({ backend: 'sqlite', env: { ...env, ...limits } })
    browser = await startChromium()
    page = (await openPage(browser)).page
  })
  afterAll(async () => {
    await browser?.close()
    other.close()
    await Promise.all([app.close(), limited.close()])
  })

  it('calls the API with the headers of client and tracing libraries, where CORS_ORIGINS names it', async () => {
    await page.goto(other.origin)
    const { status, body, requestId } = await callFrom(page, app.url, QUERY, LIBRARIES)
    expect([status, body]).toEqual([200, DATA])
    expect(requestId).toMatch(/^[\w-]{36}$/)
  })

  it('is not counted for its preflights, and reads why it is refused when the limit is used up', async () => {
    await page.goto(other.origin)
    for (let count = 1; count <= LIMIT; count += 1) {
      // Chromium remembers preflights; another header is another one.
      const { status } = await callFrom(page, limited.url, QUERY, { [`x-header-${count}`]: 'a' })
      expect([count, status]).toEqual([count, 200])
    }
    const { status, body, retryAfter } = await callFrom(page, limited.url, QUERY, { 'x-one-more': 'a' })
    expect([status, body.errors?.[0]?.extensions.code]).toEqual([429, 'RATE_LIMITED'])
    expect(Number(retryAfter)).toBeGreaterThan(0)
  })

  it('gets nothing where CORS_ORIGINS does not name it', async () => {
    await page.goto(`http://127.0.0.1:${other.port}`)
    await expect(callFrom(page, app.url, QUERY)).rejects.toThrow('Failed to fetch')
  })
})
