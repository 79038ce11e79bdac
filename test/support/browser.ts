import type { App } from '../../src/app.ts'
import { type Answer, type CallOptions, TestClient } from './client.ts'
import { PASSWORD } from './story.ts'
import { LOGIN, REFRESH, type Tokens } from './tokens.ts'

/** A client that keeps cookies and sends Origin as a browser does. */
export class Browser {
  readonly cookies = new Map<string, string>()
  /** The last answer's `set-cookie` headers. */
  received: string[] = []
  readonly #client: TestClient

  /** @param origin of the page; left out: the service's own */
  constructor(
    app: Pick<App, 'url'>,
    private readonly origin = app.url,
  ) {
    this.#client = new TestClient(app.url)
  }

  /** A browser that holds the same cookies. */
  copy(app: Pick<App, 'url'>): Browser {
    const copy = new Browser(app)
    for (const [name, value] of this.cookies) copy.cookies.set(name, value)
    return copy
  }

  async run<TData>(document: string, variables?: object, options: CallOptions = {}): Promise<Answer<TData>> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = { origin: this.origin, ...(cookie && { cookie }), ...options.headers }
    const answer = await this.#client.run<TData, object>(document, variables, { ...options, headers })
    this.received = answer.headers.getSetCookie()
    for (const line of this.received) this.#keep(line)
    return answer
  }

  async login(identifier: string, options?: CallOptions): Promise<Answer<{ login: Tokens | null }>> {
    return this.run(LOGIN, { input: { identifier, password: PASSWORD, transport: 'COOKIE' } }, options)
  }

  async refresh(csrfToken?: string | null, headers: Record<string, string> = {}) {
    const all = { ...(csrfToken && { 'x-csrf-token': csrfToken }), ...headers }
    return this.run<{ refresh: Tokens | null }>(REFRESH, {}, { headers: all })
  }

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split('; ')
    const name = pair.slice(0, pair.indexOf('='))
    const expires = attributes.find((attribute) => attribute.startsWith('Expires='))?.slice('Expires='.length)
    const isOver = attributes.includes('Max-Age=0') || (expires !== undefined && new Date(expires).getTime() <= 0)
    if (isOver) this.cookies.delete(name)
    else this.cookies.set(name, pair.slice(name.length + 1))
  }
}
