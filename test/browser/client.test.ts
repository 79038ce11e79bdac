import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { SignedIn } from '../../packages/client/src/index.ts'
import { createSecondInstance, createTestApp, type TestApp } from '../support/app.ts'
import { startChromium } from '../support/chromium.ts'
import { type ClientPage, startClientPage } from '../support/client-page.ts'
import { hasNoChromium } from '../support/installed.ts'
import { PASSWORD, type Person, signUp } from '../support/story.ts'

const ME =
  'session.ask("{ me { username } }").then(({ data, errors }) => data?.me?.username ?? errors[0].extensions.code)'
const CODE = '.catch(({ name, code }) => code ?? name)'
const HOUR_AHEAD = '{ const later = Date.now() + 3_600_000; Date.now = () => later }'

describe.skipIf(hasNoChromium)('packages/client in tabs', () => {
  let app: TestApp
  let served: ClientPage
  let browser: Browser
  let context: BrowserContext
  let alice: Person
  let bob: Person

  beforeAll(async () => {
    served = await startClientPage()
    app = await createTestApp({ backend: 'sqlite', env: { COOKIE_SECURE: 'false', CORS_ORIGINS: served.origin } })
    served.leadTo(app.url)
    alice = await signUp(app, 'alice')
    bob = await signUp(app, 'bob')
    browser = await startChromium()
  })
  beforeEach(async () => {
    await context?.close()
    context = await browser.newContext()
  })
  afterAll(async () => {
    await browser?.close()
    served?.close()
    await app?.close()
  })

  const openTab = async (): Promise<Page> => {
    const page = await context.newPage()
    await page.goto(served.origin)
    await page.waitForFunction('window.session')
    return page
  }
  const signIn = (page: Page, { username }: Person) =>
    page.evaluate<SignedIn>(`session.login({ identifier: '${username}', password: '${PASSWORD}' })`)
  const me = (page: Page) => page.evaluate<string>(ME + CODE)
  const changes = (page: Page) => page.evaluate<{ user: SignedIn | null; reason: string | null }[]>('changes')

  it('renews once for parallel requests and for all tabs, which sign in and out together', async () => {
    const [first, second, third] = [await openTab(), await openTab(), await openTab()] as const
    const user = await signIn(first, alice)
    await expect.poll(() => changes(second)).toEqual([{ user, reason: null }])
    const before = served.count('refresh')
    const refused = JSON.stringify(await first.evaluate('session.token()'))
    const renew = `session.token(${refused})`
    const asked = [first, second, third].map((page) => page.evaluate(`Promise.all([${renew}, ${renew}, ${renew}])`))
    const [token, ...others] = new Set((await Promise.all(asked)).flat())
    expect([token === JSON.parse(refused), others]).toEqual([false, []])
    expect(served.count('refresh') - before).toBe(1)
    expect(await Promise.all([me(first), me(second), me(third)])).toEqual(Array(3).fill(alice.username))
    await third.evaluate('session.logout()')
    for (const page of [first, second]) {
      await expect.poll(() => changes(page)).toContainEqual({ user: null, reason: 'SIGNED_OUT' })
      expect(await me(page)).toBe('UNAUTHENTICATED')
    }
  })

  it('never acts for somebody who signs in in another tab: the session of the one before ends there', async () => {
    const [first, second] = [await openTab(), await openTab()] as const
    await signIn(first, alice)
    await expect.poll(() => second.evaluate('session.user')).not.toBeNull()
    await signIn(second, bob)
    await expect.poll(() => changes(first)).toContainEqual({ user: null, reason: 'REPLACED' })
    expect([await me(first), await me(second)]).toEqual(['UNAUTHENTICATED', bob.username])
    // Whatever the other does later.
    await second.evaluate('session.logout()')
    const user = await signIn(second, bob)
    await first.waitForTimeout(200)
    expect([await me(first), await first.evaluate('session.user')]).toEqual(['UNAUTHENTICATED', null])
    await first.reload()
    await first.waitForFunction('window.session')
    expect([await me(first), await first.evaluate('session.user')]).toEqual([bob.username, user])
  })

  it('refuses a request that waits for a token while somebody else signs in', async () => {
    const [first, second] = [await openTab(), await openTab()] as const
    await signIn(first, alice)
    await first.reload()
    await first.waitForFunction('window.session')
    // Before the other tab's messages are let in, this tab asks for its first token.
    await second.evaluate(`void session.login({ identifier: '${bob.username}', password: '${PASSWORD}' })`)
    expect([alice.username, 'SessionEndedError']).toContain(await me(first))
    await expect.poll(() => changes(first)).toContainEqual({ user: null, reason: 'REPLACED' })
  })

  it('is signed out by a sign-out everywhere, and does not mind a clock that is set an hour ahead', async () => {
    const page = await openTab()
    const { userId } = await signIn(page, alice)
    await page.evaluate(HOUR_AHEAD)
    const before = served.count('refresh')
    expect([await me(page), await me(page)]).toEqual([alice.username, alice.username])
    expect(served.count('refresh')).toBe(before)
    const everywhere = `mutation { revokeOtherSessions { revokedSessions } }`
    await alice.client.get(everywhere)
    expect(await me(page)).toBe('UNAUTHENTICATED')
    expect(await changes(page)).toEqual([
      { user: expect.objectContaining({ userId }), reason: null },
      { user: null, reason: 'REFRESH_TOKEN_INVALID' },
    ])
  })

  it('outlives a service that is away and comes back', async () => {
    const page = await openTab()
    await signIn(page, alice)
    await page.reload()
    await page.waitForFunction('window.session')
    served.leadTo('http://127.0.0.1:9')
    const asked = me(page)
    const second = await createSecondInstance(app)
    await page.waitForTimeout(300)
    served.leadTo(second.url)
    expect(await asked).toBe(alice.username)
    served.leadTo(app.url)
    await second.close()
  })
})
