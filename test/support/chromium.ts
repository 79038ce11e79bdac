import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { isMissing } from './server-process.ts'

const COMMAND = '/usr/bin/chromium'

/** For `skipIf`. With CI set, a missing Chromium fails the suite instead. */
export function isChromiumMissing(suite: string): boolean {
  return isMissing(COMMAND, suite)
}

/** Debian's, without a window. Each context has cookies and a cache of its own. */
export async function startChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: COMMAND })
}

export interface WatchedPage {
  page: Page
  /** What the page's console was told of errors and broken policies, and what it threw. */
  faults: string[]
  /** The body of each POST. */
  posted: string[]
  /** Every address that it asked for. */
  urls: string[]
}

/** A page in a context of its own, closed by `page.context().close()`. */
export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<WatchedPage> {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  const faults: string[] = []
  const posted: string[] = []
  const urls: string[] = []
  page.on('console', (line) => line.type() === 'error' && faults.push(line.text()))
  page.on('pageerror', ({ message }) => faults.push(message))
  page.on('request', (request) => {
    urls.push(request.url())
    if (request.method() === 'POST') posted.push(request.postData() ?? '')
  })
  return { page, faults, posted, urls }
}
