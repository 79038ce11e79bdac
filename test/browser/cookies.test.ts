import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { callFrom, type OtherOrigin, openPage, startChromium, startOtherOrigin } from '../support/chromium.ts'
import { hasNoChromium } from '../support/installed.ts'
import { PASSWORD, type Person, signUp } from '../support/story.ts'

const LOGIN = `mutation ($input: LoginInput!) { login(input: $input) { csrfToken refreshToken session { id } } }`
const REFRESH = `mutation { refresh { csrfToken refreshToken session { id } user { username } } }`

interface Tokens {
  csrfToken: string
  refreshToken: null
  session: { id: string }
  user?: { username: string }
}

// The tests follow one another: two tabs of one browser, and a page on http://localhost that calls the API.
describe.skipIf(hasNoChromium)('the refresh cookie in tabs', () => {
  let other: OtherOrigin
  let app: TestApp
  let url: string
  let browser: Browser
  let context: BrowserContext
  let tab: Page
  let secondTab: Page
  let first: Person
  let second: Person
  let tokens: Tokens

  beforeAll(async () => {
    other = await startOtherOrigin()
    app = await createTestApp({ backend: 'sqlite', env: { COOKIE_SECURE: 'false', CORS_ORIGINS: other.origin } })
    url = app.url.replace('127.0.0.1', 'localhost')
    first = await signUp(app)
    second = await signUp(app)
    browser = await startChromium()
    tab = (await openPage(browser)).page
    context = tab.context()
    secondTab = await context.newPage()
    await Promise.all([tab.goto(other.origin), secondTab.goto(other.origin)])
  })
  afterAll(async () => {
    await browser?.close()
    other.close()
    await app.close()
  })

  async function login(page: Page, { username }: Person): Promise<Tokens> {
    const input = { identifier: username, password: PASSWORD, transport: 'COOKIE' }
    const { body } = await callFrom(page, url, { query: LOGIN, variables: { input } })
    return body.data?.login as Tokens
  }

  const refresh = (page: Page, csrfToken: string) =>
    callFrom(page, url, { query: REFRESH }, { 'x-csrf-token': csrfToken })

  /** The only cookie that scripts can read, which outlives a reload. */
  async function csrfCookie(page: Page): Promise<string> {
    const text = await page.evaluate<string>('document.cookie')
    expect(text).toMatch(/^gatehouse-csrf=[\w-]+$/)
    return text.slice('gatehouse-csrf='.length)
  }

  async function refreshCookies() {
    const all = await context.cookies(url)
    expect(all).toHaveLength(2)
    return all.filter(({ name }) => name !== 'gatehouse-csrf')
  }

  it('signs in on http://localhost with COOKIE_SECURE=false, out of reach of scripts, and outlives a reload', async () => {
    tokens = await login(tab, first)
    expect(tokens.refreshToken).toBeNull()
    expect(await refreshCookies()).toMatchObject([
      { httpOnly: true, secure: false, sameSite: expect.stringMatching(/Lax|Strict/) },
    ])
    await tab.reload()
    expect(await csrfCookie(tab)).toBe(tokens.csrfToken)
    const { body } = await refresh(tab, await csrfCookie(tab))
    expect(body.data?.refresh).toMatchObject({ session: tokens.session, user: { username: first.username } })
  })

  it('serves two tabs that refresh at once, and goes on after it', async () => {
    for (let round = 0; round < 3; round += 1) {
      const answers = await Promise.all([tab, secondTab].map((page) => refresh(page, tokens.csrfToken)))
      for (const { body } of answers) {
        expect(body.data?.refresh).toMatchObject({ session: tokens.session, csrfToken: tokens.csrfToken })
      }
      expect(await refreshCookies()).toHaveLength(1)
    }
  })

  it('is replaced when somebody else signs in: the tab of the one before cannot act for the other unknowingly', async () => {
    const others = await login(secondTab, second)
    expect(await refreshCookies()).toHaveLength(1)
    expect(await csrfCookie(tab)).toBe(others.csrfToken)
    const { body } = await refresh(tab, tokens.csrfToken)
    expect(body.errors?.[0]?.extensions.code).toBe('CSRF_FAILED')
    const after = await refresh(tab, others.csrfToken)
    expect(after.body.data?.refresh).toMatchObject({ session: others.session, user: { username: second.username } })
  })
})
