/** Counts the answers of all clients. */
export class Tally {
  requests = 0
  /** Number of unexpected answers by their description. */
  readonly unexpected = new Map<string, number>()

  get unexpectedCount(): number {
    return [...this.unexpected.values()].reduce((sum, count) => sum + count, 0)
  }

  note(what: string): void {
    this.unexpected.set(what, (this.unexpected.get(what) ?? 0) + 1)
  }
}

export interface Question {
  query: string
  variables?: object
  token?: string
  /** The expected code of the first error. */
  expect?: string
}

/** The data of each root field. */
// biome-ignore lint/suspicious/noExplicitAny: each caller knows the shape of its own document's answer
type Data = Record<string, any>

/** Ends the account's life: its later steps rely on this answer. */
export class UnexpectedAnswer extends Error {}

const ADDRESSES = 250
const REQUEST_MAX_MS = 30_000

/** A client that sends each request with another X-Forwarded-For address. */
export class Client {
  readonly tally: Tally
  private readonly url: string

  constructor(url: string, tally: Tally) {
    this.url = url
    this.tally = tally
  }

  /** @throws UnexpectedAnswer */
  async ask({ query, variables, token, expect = 'OK' }: Question): Promise<Data> {
    const name = /\w+ \w+/.exec(query)?.[0] ?? query
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const response = await this.send('/graphql', { body: JSON.stringify({ query, variables }), headers })
    const { data, errors } = (await response.json()) as {
      data?: Data
      errors?: { extensions: { code: string } }[]
    }
    const code = errors?.[0]?.extensions.code ?? 'OK'
    if (code !== expect || response.status >= 500) throw this.unexpected(`${name}: ${response.status} ${code}`)
    return data ?? {}
  }

  /** Sends a faulty request. @throws UnexpectedAnswer where the status differs */
  async disturb(path: string, init: RequestInit, status: number): Promise<void> {
    const response = await this.send(path, init)
    await response.text()
    if (response.status !== status) throw this.unexpected(`${String(init.body).slice(0, 30)}: ${response.status}`)
  }

  /** Aborts the request before its answer. */
  async leaveEarly(query: string, token: string): Promise<void> {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
    const signal = AbortSignal.timeout(Math.ceil(Math.random() * 5))
    const init = { method: 'POST', headers, body: JSON.stringify({ query }), signal }
    await fetch(`${this.url}/graphql`, init).then(
      (response) => response.text().catch(() => undefined),
      () => undefined,
    )
    this.tally.requests += 1
  }

  private async send(path: string, { headers, ...init }: RequestInit): Promise<Response> {
    this.tally.requests += 1
    const address = `192.0.2.${Math.floor(Math.random() * ADDRESSES)}`
    const allHeaders = { 'content-type': 'application/json', 'x-forwarded-for': address, ...headers }
    const signal = AbortSignal.timeout(REQUEST_MAX_MS)
    try {
      return await fetch(`${this.url}${path}`, { method: 'POST', signal, ...init, headers: allHeaders })
    } catch (error) {
      throw this.unexpected(`no answer: ${error instanceof Error ? (error.cause ?? error) : error}`)
    }
  }

  private unexpected(what: string): UnexpectedAnswer {
    this.tally.note(what)
    return new UnexpectedAnswer(what)
  }
}
