import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { openPage, startChromium, type WatchedPage } from '../support/chromium.ts'
import { TestClient } from '../support/client.ts'
import { createTestClock } from '../support/clock.ts'
import { hasNoChromium } from '../support/installed.ts'
import { MailServer } from '../support/mail-server.ts'
import { codeAt } from '../support/second-factor.ts'
import { freePort } from '../support/server-process.ts'
import { PASSWORD, signUp, signUpAdmin } from '../support/story.ts'
import { inspect, isWebAppMissing } from '../support/web-app.ts'

const NEW_PASSWORD = 'an even longer battery staple'
const DEVICE =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15'

// The tests follow one another: one service, which serves the app, and the story of one account.
describe.skipIf(hasNoChromium || isWebAppMissing('examples/web in a browser'))('examples/web', () => {
  // What this clock says has passed for the browser, whatever is added to it.
  const clock = createTestClock(new Date(Date.now() - 7_200_000))
  let mail: MailServer
  let app: TestApp
  let browser: Browser
  let watched: WatchedPage
  let page: Page
  let secret: string
  let recoveryCodes: string[]
  let base: string

  beforeAll(async () => {
    mail = await MailServer.start()
    const port = await freePort()
    base = `http://localhost:${port}/app`
    const env = { PORT: String(port), APP_URL: base, MAIL_URL: mail.url, COOKIE_SECURE: 'false' }
    app = await createTestApp({ backend: 'sqlite', env, clock: clock.now })
    browser = await startChromium()
    watched = await openBrowser()
    page = watched.page
  })
  afterAll(async () => {
    await browser?.close()
    await app?.close()
    await mail?.stop()
  })

  const openBrowser = async (options: BrowserContextOptions = {}) => {
    const opened = await openPage(browser, { reducedMotion: 'reduce', ...options })
    opened.page.setDefaultTimeout(10_000)
    return opened
  }
  const field = (label: string, of: Page | Locator = page) => of.getByLabel(label, { exact: true })
  const choice = (label: string) => page.getByRole('combobox', { name: label, exact: true })
  const press = (name: string, of: Page | Locator = page) => of.getByRole('button', { name, exact: true }).click()
  const title = (name: string, of = page) => of.getByRole('heading', { level: 1, name }).waitFor()
  const dialog = (name: string) => page.getByRole('dialog', { name })
  const notice = (text: string | RegExp) => page.getByRole('status').getByText(text).waitFor()
  const go = (name: string) => page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name }).click()
  const signIn = async (identifier: string, password: string, of = page) => {
    await field('Username or e-mail address', of).fill(identifier)
    await field('Password', of).fill(password)
    await press('Sign in', of)
  }
  const hasFocus = (of: Locator) => of.evaluate((element): boolean => element.matches(':focus'))
  const code = (steps = 0) => codeAt(secret, clock.now(), steps)

  it('opens an account, shows each fault at its field, and confirms the address', async () => {
    await page.goto(`${base}/profile`)
    await title('Sign in')
    await inspect(page, 'sign-in')
    await page.getByRole('link', { name: 'Open an account' }).click()
    await title('Open an account')
    await field('Username').fill('alice')
    await field('E-mail address').fill('alice')
    await field('Password').fill('short')
    await press('Open the account')
    await expect.poll(() => field('Password').getAttribute('aria-invalid')).toBe('true')
    await inspect(page, 'register-faults')
    expect(await field('Username').getAttribute('aria-invalid')).toBeNull()
    expect(await hasFocus(field('E-mail address'))).toBe(true)
    await field('E-mail address').fill('alice@example.com')
    await field('Name').fill('Alice Liddell')
    await field('Password').fill(PASSWORD)
    await press('Open the account')
    await title('Hello, Alice Liddell')
    await inspect(page, 'overview-new')

    await page.goto((await mail.next('alice@example.com', 'verify-email')).link ?? '')
    await title('Confirm your address')
    expect(page.url()).toBe(`${base}/verify-email`)
    await inspect(page, 'verify-email')
    await press('Confirm the address')
    await title('Your address is confirmed')
    await page.getByRole('link', { name: 'Go to your account' }).click()
    await page.getByText('Confirmed', { exact: true }).waitFor()
  })

  it('changes the profile, and the address once its owner has confirmed it', async () => {
    await signUp(app, 'taken')
    await go('Profile')
    await title('Profile')
    await field('Username').fill('taken1')
    await press('Save')
    await page.getByText('This username is already taken.').waitFor()
    expect(await hasFocus(field('Username'))).toBe(true)
    await inspect(page, 'profile')
    await field('Username').fill('alice')
    await field('Name').fill('Alice')
    await press('Save')
    await notice('Your profile is saved.')

    await field('New address').fill('alice@new.example')
    await field('Current password').fill(PASSWORD)
    await press('Change the address')
    await page.getByText('waits for its confirmation').waitFor()
    await inspect(page, 'profile-pending')
    await page.goto((await mail.next('alice@new.example', 'confirm-email-change')).link ?? '')
    await press('Confirm the address')
    await page.getByText('alice@new.example').waitFor()
  })

  it('sets up a second factor by a QR code', async () => {
    await page.goto(`${base}/security`)
    await inspect(page, 'security-off')
    await press('Set up')
    await page.getByRole('img', { name: 'QR code for the authenticator app' }).waitFor()
    await page.getByText('It cannot be scanned').click()
    secret = (await page.locator('.secret').innerText()).replaceAll(' ', '')
    await inspect(page, 'security-set-up')
    await field('The six digits that the app shows').fill('000000')
    await press('Turn on')
    await page.getByText('This code is wrong, used or too old.').waitFor()
    await field('The six digits that the app shows').fill(code())
    await press('Turn on')
    await dialog('Keep your recovery codes').waitFor()
    recoveryCodes = await page.locator('.codes code').allInnerTexts()
    expect(new Set(recoveryCodes).size).toBe(10)
    await inspect(page, 'security-codes')
    await press('I have kept them')
    await page.getByText(/^On since/).waitFor()
    await inspect(page, 'security-on')
  })

  it('signs in with the second factor, by keyboard alone', async () => {
    await press('Sign out')
    await title('Sign in')
    await page.locator('body').press('Tab')
    while (!(await hasFocus(field('Username or e-mail address')))) {
      await page.keyboard.press('Tab')
    }
    await page.keyboard.type('alice')
    await page.keyboard.press('Tab')
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press('Enter')
    await title('One more step')
    await inspect(page, 'sign-in-code')
    await page.keyboard.type('000000')
    await page.keyboard.press('Enter')
    await page.getByText('This code is wrong, used or too old.').waitFor()
    await field('Code').fill(code(1))
    await page.keyboard.press('Enter')
    await title('Hello, Alice')
    await inspect(page, 'overview')
  })

  it('asks for the password in one place, then does what was asked for', async () => {
    clock.advance(700)
    await go('Security')
    await press('New recovery codes')
    await press('Replace them')
    await dialog('Is it you?').waitFor()
    await inspect(page, 'password-request')
    await field('Password', dialog('Is it you?')).fill('not the password')
    await field('Code of your authenticator app').fill(code())
    await press('Go on')
    await page.getByText('The password is wrong.').waitFor()
    await field('Password', dialog('Is it you?')).fill(PASSWORD)
    await press('Go on')
    await dialog('Keep your recovery codes').waitFor()
    expect(await page.locator('.codes code').allInnerTexts()).not.toEqual(recoveryCodes)
    recoveryCodes = await page.locator('.codes code').allInnerTexts()
    await press('I have kept them')

    clock.advance(700)
    await press('Turn off')
    await press('Turn off', dialog('Turn two-step sign-in off?'))
    await dialog('Is it you?').waitFor()
    await page.keyboard.press('Escape')
    await page.getByText('This needs your password again. Nothing was changed.').waitFor()
    await press('Cancel')
    await page.getByText(/^On since/).waitFor()
  })

  it('signs out another device, which then has to sign in', async () => {
    const other = await openBrowser({ userAgent: DEVICE })
    await other.page.goto(base)
    await signIn('alice', PASSWORD, other.page)
    await press('Use a recovery code', other.page)
    await field('Recovery code', other.page).fill(recoveryCodes[0] ?? '')
    await press('Sign in', other.page)
    await title('Hello, Alice', other.page)
    await go('Devices')
    await page.locator('.rows b').getByText('Safari on macOS').waitFor()
    await inspect(page, 'devices')
    await press('Sign out Safari on macOS')
    await notice('Safari on macOS is signed out.')
    await expect.poll(() => page.locator('.rows > li').count()).toBe(1)
    await other.page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Activity' }).click()
    await title('Sign in', other.page)
    await other.page.getByText('Your session has ended.').waitFor()
    expect(other.faults).toEqual([])
    await other.page.context().close()
    await go('Activity')
    await page.getByText('Recovery code used').waitFor()
    await inspect(page, 'activity')
  })

  it('sets a forgotten password by mail', async () => {
    await press('Sign out')
    await page.getByRole('link', { name: 'Forgotten your password?' }).click()
    await title('Forgotten your password?')
    await field('E-mail address').fill('alice@new.example')
    await inspect(page, 'forgotten-password')
    await press('Send the link')
    await page.getByText('If there is an account for').waitFor()
    await page.goto((await mail.next('alice@new.example', 'reset-password')).link ?? '')
    await field('New password').fill('alice12345')
    await press('Set the password')
    await page.getByText(/contain/).waitFor()
    await inspect(page, 'reset-password')
    await field('New password').fill(NEW_PASSWORD)
    await press('Set the password')
    await title('Your password is set')
    await page.reload()
    await title('Open the link once more')
  })

  it('administers: finds, turns pages, invites, changes a role, disables', async () => {
    const chief = await signUpAdmin(app, 'chief')
    for (let count = 0; count < 25; count += 1) await signUp(app, 'person')
    await new TestClient(app.url).run(
      `mutation { login(input: { identifier: "alice", password: "wrong" }) { user { id } } }`,
    )
    await page.goto(`${base}/users`)
    await signIn(chief.username, PASSWORD)
    await title('Users')
    await page.getByText('28 users').waitFor()
    await inspect(page, 'users')
    const names = () => page.locator('tbody th b').allInnerTexts()
    const first = await names()
    await press('Next')
    await expect.poll(names).toHaveLength(8)
    expect(first).not.toContain((await names())[0])
    await press('Previous')
    await expect.poll(names).toEqual(first)
    await page.getByRole('searchbox').fill('ALI')
    await expect.poll(names).toEqual(['Alice'])
    expect(new URL(page.url()).search).toBe('?search=ALI')
    await page.getByRole('searchbox').fill('')
    await choice('Role').selectOption('admin')
    await expect.poll(names).toEqual([chief.username])
    await choice('Role').selectOption('')

    await press('Invite')
    await field('E-mail address', dialog('Invite somebody')).fill('bob@example.com')
    await field('Username', dialog('Invite somebody')).fill('bob')
    await inspect(page, 'invite')
    await press('Send the invitation')
    await notice('The invitation to bob@example.com is on its way.')
    const invited = await openBrowser()
    await invited.page.goto((await mail.next('bob@example.com', 'set-password')).link ?? '')
    await field('New password', invited.page).fill(NEW_PASSWORD)
    await press('Set the password', invited.page)
    await invited.page.getByRole('link', { name: 'Sign in' }).click()
    await signIn('bob', NEW_PASSWORD, invited.page)
    await title('Hello, bob', invited.page)
    expect(await invited.page.getByText('Administration').count()).toBe(0)

    clock.advance(700)
    await page.getByRole('link', { name: 'bob' }).click()
    await title('bob')
    await page.getByText('Account made').waitFor()
    await inspect(page, 'user')
    await choice('Role').selectOption('admin')
    await press('Save')
    await field('Password', dialog('Is it you?')).fill(PASSWORD)
    await press('Go on')
    await notice('bob is saved.')
    await invited.page.goto(base)
    await invited.page.getByText('Administration').waitFor()
    await press('Disable')
    await press('Disable', dialog('Disable bob?'))
    await notice('bob is disabled.')
    await page.getByText('Disabled', { exact: true }).waitFor()
    await invited.page.reload()
    await title('Sign in', invited.page)
    await signIn('bob', NEW_PASSWORD, invited.page)
    await invited.page.getByText('This account is disabled.').waitFor()
    await invited.page.context().close()
  })

  it('makes a role of what the viewer may do, gives it, and moves accounts when it goes', async () => {
    await go('Roles')
    await press('New role')
    const make = dialog('New role')
    await field('Name', make).fill('Support')
    await press('Make the role')
    await make.getByText('The name of a role is made of').waitFor()
    await inspect(page, 'role-fault')
    await field('Name', make).fill('support')
    await field('Description', make).fill('Looks after accounts')
    await field('List users', make).check()
    await field('See any profile', make).check()
    await field('See the own profile', make).check()
    await press('Make the role')
    await notice('support can be given now.')
    await inspect(page, 'roles')

    await go('Users')
    await page.getByRole('searchbox').fill('taken')
    await page.getByRole('link', { name: 'taken1' }).click()
    await title('taken1')
    await choice('Role').selectOption('support')
    await press('Save')
    await notice('taken1 is saved.')
    const supporter = await openBrowser()
    await supporter.page.goto(`${base}/users?search=chief`)
    await signIn('taken1', PASSWORD, supporter.page)
    await supporter.page.getByRole('link', { name: 'chief' }).first().click()
    await supporter.page.getByText('may do more than you').waitFor()
    expect(await supporter.page.getByRole('button', { name: 'Save' }).count()).toBe(0)
    expect(await supporter.page.getByRole('link', { name: 'Roles' }).count()).toBe(0)
    await supporter.page.goto(`${base}/roles`)
    await title('There is no such page', supporter.page)
    await supporter.page.context().close()

    await go('Roles')
    await press('Delete support')
    await press('Delete', dialog('Delete support?'))
    await notice('support is deleted.')
    await expect.poll(() => page.locator('.rows > li').count()).toBe(2)
  })

  it('makes a key for a program, shows it once, and revokes it', async () => {
    await go('API keys')
    await page.getByText('You have no keys.').waitFor()
    await press('New key')
    await field('Name', dialog('New API key')).fill('nightly report')
    await press('Make the key')
    await dialog('New API key').getByText('Name at least one permission.').waitFor()
    await inspect(page, 'key-fault')
    await field('See the own profile', dialog('New API key')).check()
    await press('Make the key')
    await dialog('The key "nightly report"').waitFor()
    const key = await page.locator('.secret').innerText()
    await inspect(page, 'key-secret')
    await press('I have kept it')
    const program = new TestClient(app.url).with({ token: key })
    const me = async () =>
      (await program.run<{ me: { id: string } | null }, undefined>('{ me { id } }', undefined)).data?.me ?? null
    expect(await me()).toEqual({ id: expect.any(String) })
    await inspect(page, 'keys')
    await press('Revoke nightly report')
    await press('Revoke', dialog('Revoke nightly report?'))
    await notice('nightly report is revoked.')
    expect(await me()).toBeNull()
  })

  it('shows what happened to all, with a chart that is a table too', async () => {
    await go('All activity')
    await page.getByRole('img', { name: /sign-ins and \d+ failures in 14 days/ }).waitFor()
    await inspect(page, 'log')
    await page.getByText('Show as a table').click()
    const rows = (await page.locator('.numbers tbody tr').allInnerTexts()).map((row) => row.split(/\s+/).slice(-2))
    const sum = (column: number) => rows.reduce((total, row) => total + Number(row[column]), 0)
    expect([rows.length, sum(0) > 25, sum(1)]).toEqual([14, true, 3])
    await inspect(page, 'log-table')
    await choice('What happened').selectOption('Account disabled')
    await expect.poll(() => page.locator('.entries li').count()).toBe(1)
    await page.locator('.entries').getByRole('link', { name: 'bob' }).click()
    await title('bob')
  })

  it('takes a change of the address back', async () => {
    await page.goto((await mail.next('alice@example.com', 'email-changed')).link ?? '')
    await title('Take the change back')
    await inspect(page, 'revert-email')
    await press('Take the change back')
    await title('Your address is back')
    expect((await mail.next('alice@example.com', 'reset-password')).link).toContain(`${base}/reset-password#token=`)
  })

  it('breaks no policy, and asks nobody else', () => {
    expect(watched.faults).toEqual([])
    expect(watched.urls.filter((url) => !url.startsWith(new URL(base).origin) && !url.startsWith('data:'))).toEqual([])
  })
})
