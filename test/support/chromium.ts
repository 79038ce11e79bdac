import { createServer } from 'node:http'
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

export interface OtherOrigin {
  /** `http://localhost:port`, an empty page. The same server is http://127.0.0.1:port, which is another origin. */
  origin: string
  port: number
  close(): void
}

/** Serves an empty page without a policy, from which scripts may call anybody. */
export async function startOtherOrigin(): Promise<OtherOrigin> {
  const server = createServer((_request, response) =>
    response.setHeader('content-type', 'text/html').end('<!doctype html>'),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return { origin: `http://localhost:${port}`, port, close: () => void server.close() }
}

export interface PageAnswer {
  status: number
  body: { data?: Record<string, unknown> | null; errors?: { extensions: { code: string } }[] }
  requestId: string | null
  retryAfter: string | null
}

/** Calls the API as a script of the page does, cookies included. @throws where the browser lets nothing be read */
export async function callFrom(
  page: Page,
  url: string,
  request: { query: string; variables?: object },
  headers: Record<string, string> = {},
): Promise<PageAnswer> {
  const init = {
    method: 'POST',
    credentials: 'include' as const,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(request),
  }
  return page.evaluate(
    async ([address, options]) => {
      const response = await fetch(address, options)
      const [requestId, retryAfter] = ['x-request-id', 'retry-after'].map((name) => response.headers.get(name))
      return { status: response.status, body: await response.json(), requestId, retryAfter }
    },
    [`${url}/graphql`, init] as const,
  ) as Promise<PageAnswer>
}
