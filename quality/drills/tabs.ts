import { rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Browser, Page } from 'playwright-core'
import { post, temporaryFolder } from '../../test/support/built-service.ts'
import { startChromium } from '../../test/support/chromium.ts'
import { type ClientPage, startClientPage } from '../../test/support/client-page.ts'
import { DrilledService } from './service.ts'

const TABS = 5
const ROUND_MS = 3000
const MAX_DELAY_MS = 800

export interface TabsOptions {
  browser: Browser
  served: ClientPage
  identifier: string
  password: string
  /** Of three seconds, in each of which every tab reloads once. */
  rounds: number
}

export interface TabsFound {
  /** Why sessions ended in tabs; none may. */
  signedOut: string[]
  /** Answers for anybody else. */
  strangers: number
  answers: number
  refreshes: number
  lostAnswers: number
  /** Who each tab is at the end. */
  atEnd: string[]
}

/** Asks for the user's name for as long as the page lives. Faults of the network are answered by asking again. */
const ASK = `window.addEventListener('load', async () => {
  session.onChange(({ user, reason }) => user || report({ reason }))
  for (;;) {
    const answer = await session.ask('{ me { username } }').catch(() => null)
    if (answer) report({ name: answer.data?.me?.username ?? answer.errors?.[0].extensions.code })
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 200))
  }
})`

/** Five tabs of one session reload at random, over a line that is slow and loses every tenth answer. */
export async function checkTabs({ browser, served, identifier, password, rounds }: TabsOptions): Promise<TabsFound> {
  const context = await browser.newContext()
  const signedOut: string[] = []
  const names: string[] = []
  await context.exposeFunction('report', ({ name, reason }: { name?: string; reason?: string }) => {
    if (name) names.push(name)
    if (reason) signedOut.push(reason)
  })
  const first = await context.newPage()
  await first.goto(served.origin)
  await first.evaluate(`session.login(${JSON.stringify({ identifier, password })})`)
  await context.addInitScript(ASK)
  const tabs = await Promise.all(Array.from({ length: TABS }, () => context.newPage()))
  await Promise.all(tabs.map((tab) => tab.goto(served.origin)))
  const before = served.count('refresh')
  served.disturb(MAX_DELAY_MS)
  for (let round = 0; round < rounds; round += 1) await Promise.all(tabs.map(reloadAtRandom))
  const lostAnswers = served.lost()
  served.disturb(0)
  const refreshes = served.count('refresh') - before
  const atEnd = await Promise.all(tabs.map(nameOf))
  await context.close()
  const strangers = names.filter((name) => name !== identifier).length
  return { signedOut, strangers, answers: names.length, refreshes, lostAnswers, atEnd }
}

async function reloadAtRandom(tab: Page): Promise<void> {
  const before = Math.random() * ROUND_MS
  await pause(before)
  await tab.reload({ waitUntil: 'commit' })
  await pause(ROUND_MS - before)
}

async function nameOf(tab: Page): Promise<string> {
  await tab.waitForFunction('window.session')
  return tab.evaluate(`session.ask('{ me { username } }').then(({ data }) => data?.me?.username ?? 'nobody')`)
}

const REGISTER = `mutation ($password: String!) {
  register(input: { username: "alice", email: "alice@example.com", password: $password }) { user { id } }
}`

/** @returns whether no session was lost and no tab saw anybody else */
export async function run(args: string[]): Promise<boolean> {
  const { values } = parseArgs({ args, options: { rounds: { type: 'string', default: '20' } } })
  const folder = temporaryFolder()
  const served = await startClientPage()
  const env = { DATABASE_URL: `sqlite:${join(folder, 'tabs.db')}`, COOKIE_SECURE: 'false', CORS_ORIGINS: served.origin }
  const service = await DrilledService.start({ main: resolve('dist/main.js'), folder, env })
  served.leadTo(service.url)
  const browser = await startChromium()
  const password = 'correct horse battery staple'
  await post(`${service.url}/graphql`, REGISTER, { password })
  const found = await checkTabs({ browser, served, identifier: 'alice', password, rounds: Number(values.rounds) })
  process.stdout.write(`${JSON.stringify(found, null, 2)}\n`)
  await browser.close()
  served.close()
  await service.end('SIGTERM')
  rmSync(folder, { recursive: true, force: true })
  return found.signedOut.length === 0 && found.strangers === 0 && found.atEnd.every((name) => name === 'alice')
}
