import { readFileSync } from 'node:fs'
import { buildSchema, parse, validate } from 'graphql'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TOUR } from '../../explorer/tour.ts'
import { createTestApp, type TestApp } from '../support/app.ts'
import { openPage, startChromium, type WatchedPage } from '../support/chromium.ts'
import { hasNoChromium } from '../support/installed.ts'
import { PASSWORD, signUpAdmin } from '../support/story.ts'

const PLAY = '.graphiql-execute-button'
const EDITOR = '.graphiql-query-editor .view-lines'
const ANSWER = '.result-window .view-lines'
/** A busy machine takes its time. */
const poll = <T>(read: () => Promise<T>) => expect.poll(read, { timeout: 15_000 })

const ME = '{ me { username } }'

async function play(page: Page, tab?: string): Promise<unknown> {
  if (tab) await openTab(page, tab)
  const answered = page.waitForResponse((response) => isOperation(response.request().postData()))
  await page.click(PLAY)
  return (await answered).json()
}

/** Until the editor has loaded, GraphiQL takes a click on a tab and does nothing. */
async function openTab(page: Page, name: string): Promise<void> {
  await poll(async () => {
    await page.click(`.graphiql-tab-button[title=${name}]`)
    return page.getAttribute('.graphiql-tab-active .graphiql-tab-button', 'title')
  }).toBe(name)
}

/** What a person or a link asked for, not the editor for itself. */
function isOperation(body: string | null): boolean {
  return body !== null && !body.includes('IntrospectionQuery') && !body.includes('refresh(')
}

async function signIn(page: Page, identifier: string, password: string): Promise<void> {
  await page.fill('[name=identifier]', identifier)
  await page.fill('[name=password]', password)
  await page.click('#sign-in button')
}

// Code for the page is text, because the types of browsers are not those of the tests.
const STORAGES = `Promise.all([{ ...localStorage }, { ...sessionStorage }, history.state, indexedDB.databases(), caches.keys()])`
const SIZES = `performance.getEntriesByType('resource')
  .filter(({ name }) => name.includes('/graphql/explorer/')).map(({ transferSize }) => transferSize)`
const LATER = `{ const later = Date.now() + 15 * 60_000; Date.now = () => later }`
const colourOf = (part: string) => `getComputedStyle(document.querySelector('${part}')).backgroundColor`

/** Whatever the browser keeps of the page outside of its memory. */
async function kept(page: Page): Promise<unknown> {
  return [...(await page.evaluate<unknown[]>(STORAGES)), await page.context().cookies()]
}

const NOTHING = [{}, {}, null, [], [], []]

it('every tab of the tour asks for what there is', () => {
  const schema = buildSchema(readFileSync('schema.graphql', 'utf8'))
  for (const { query } of TOUR) expect(validate(schema, parse(query))).toEqual([])
})

// One page for all, because each load takes a second: the tests follow one another.
describe.skipIf(hasNoChromium)('the explorer in a browser', () => {
  let app: TestApp
  let browser: Browser
  let watched: WatchedPage
  let page: Page
  let admin: string
  let address: string

  beforeAll(async () => {
    app = await createTestApp({ backend: 'sqlite' })
    admin = (await signUpAdmin(app)).username
    address = `${app.url}/graphql`
    browser = await startChromium()
    watched = await openPage(browser)
    page = watched.page
  })
  afterAll(async () => {
    await browser?.close()
    await app.close()
  })

  it('welcomes: the first Play gives data, nothing comes from elsewhere, nothing breaks the policy', async () => {
    await page.goto(`${app.url}/`)
    expect(page.url()).toBe(address)
    expect(await play(page)).toEqual({
      data: { __typename: 'Query', can: { permission: 'USER_READ', allowed: false, reason: 'UNAUTHENTICATED' } },
    })
    await poll(() => page.textContent(ANSWER)).toContain('UNAUTHENTICATED')
    expect(watched.faults).toEqual([])
    expect(watched.urls.filter((url) => !/^(data|blob):/.test(url) && !url.startsWith(app.url))).toEqual([])
    const link = await page.getAttribute('#sandbox', 'href')
    expect(link).toBe(`https://studio.apollographql.com/sandbox/explorer?endpoint=${encodeURIComponent(address)}`)
  })

  it('fetches its parts once, compressed', async () => {
    const sizes = () => page.evaluate<number[]>(SIZES)
    const first = await sizes()
    expect(Math.max(...first)).toBeGreaterThan(1_000_000)
    expect(first.reduce((sum, size) => sum + size)).toBeLessThan(3_000_000)
    await page.reload()
    await page.waitForSelector(EDITOR)
    expect(new Set(await sizes())).toEqual(new Set([0]))
  })

  it('leads through registration, sign-in and what follows by Play alone', async () => {
    expect(await play(page, 'Register')).toMatchObject({ data: { register: { user: { username: 'alice' } } } })
    expect(await play(page, 'SignIn')).toMatchObject({ data: { login: { user: { username: 'alice' } } } })
    await poll(() => page.textContent('#name')).toBe('Signed in as alice')
    expect(await play(page, 'Me')).toMatchObject({ data: { me: { username: 'alice' } } })
    expect(await play(page, 'Sessions')).toMatchObject({ data: { me: { sessions: [{ isCurrent: true }] } } })
    expect(await play(page, 'Users')).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] })
  })

  it('signs out, signs in by its form, and renews what has expired', async () => {
    const sent = page.waitForRequest((request) => request.postData()?.includes('logout') ?? false)
    await page.click('#sign-out')
    const { authorization = '' } = (await sent).headers()
    await page.waitForSelector('#sign-in')
    expect(await play(page, 'Me')).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] })
    const headers = { authorization, 'content-type': 'application/json' }
    const answer = await fetch(address, { method: 'POST', headers, body: JSON.stringify({ query: ME }) })
    expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] })

    await signIn(page, admin, 'not the password')
    await poll(() => page.textContent('#message')).toBe('Unknown account or wrong password.')
    await signIn(page, admin, PASSWORD)
    await poll(() => page.textContent('#name')).toBe(`Signed in as ${admin}`)
    expect(await page.textContent('#message')).toBe('')
    expect(await page.inputValue('[name=password]')).toBe('')
    expect(await play(page, 'Users')).toMatchObject({ data: { users: { totalCount: expect.any(Number) } } })

    await page.evaluate(LATER)
    watched.posted.length = 0
    expect(await play(page)).toMatchObject({ data: { users: { totalCount: expect.any(Number) } } })
    expect(watched.posted.map((body) => /refresh|Users/.exec(body)?.[0])).toEqual(['refresh', 'Users'])
  })

  it('writes nothing into the address and keeps nothing outside of the page, which F5 and Back open anew', async () => {
    await page.click(EDITOR)
    await page.keyboard.press('Control+A')
    await page.keyboard.insertText('mutation { login(input: { identifier: "x", password: "typed-here" ')
    await poll(() => page.textContent(EDITOR)).toContain('typed-here')
    // GraphiQL stores what is typed half a second later.
    await page.waitForTimeout(700)
    expect(page.url()).toBe(address)
    expect(await kept(page)).toEqual(NOTHING)

    await page.reload()
    await page.waitForSelector(EDITOR)
    expect(await page.textContent(EDITOR)).not.toContain('typed-here')
    expect(await page.isVisible('#sign-in')).toBe(true)
    watched.posted.length = 0
    await page.goto(`${app.url}/health/live`)
    await page.goBack()
    await page.waitForSelector(EDITOR)
    expect(page.url()).toBe(address)
    expect(watched.posted.filter(isOperation)).toEqual([])
    expect(await kept(page)).toEqual(NOTHING)
  })

  it('shows the operation of a shared link, and runs it only by Play', async () => {
    const query = 'query Shared($permission: Permission!) { can(permission: $permission) { allowed } }'
    const variables = '{"permission":"USER_READ"}'
    await page.goto(`${address}?${new URLSearchParams({ query, variables, operationName: 'Shared' })}`)
    const shared = page.url()
    await page.reload()
    await poll(() => page.textContent(EDITOR)).toContain('Shared')
    expect(watched.posted.filter(isOperation)).toEqual([])
    expect(await page.locator('.graphiql-tab').count()).toBe(TOUR.length + 1)
    expect(await play(page)).toEqual({ data: { can: { allowed: false } } })
    expect(page.url()).toBe(shared)
  })

  it('fits a phone, light and dark', async () => {
    await page.setViewportSize({ width: 360, height: 740 })
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      await poll(() => page.evaluate('document.documentElement.scrollWidth')).toBe(360)
      for (const part of ['#sign-in button', '#sandbox', PLAY, '.graphiql-query-editor', '.result-window']) {
        const box = await page.locator(part).first().boundingBox()
        expect(box && box.width > 20 && box.x >= 0 && box.x + box.width <= 360, part).toBe(true)
      }
      const colours = [await page.evaluate(colourOf('body')), await page.evaluate(colourOf('.graphiql-editors'))]
      const isDark = colours.map((colour) => colour !== 'rgb(255, 255, 255)')
      expect(isDark).toEqual([colorScheme === 'dark', colorScheme === 'dark'])
    }
    expect(watched.faults).toEqual([])
  })
})
