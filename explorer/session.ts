/** What GraphiQL sends. */
export interface Operation {
  query: string
  operationName?: string | null
  variables?: unknown
}

export interface Answer {
  data?: Record<string, unknown> | null
  errors?: { message: string; extensions?: { code?: string } }[]
}

interface AuthPayload {
  accessToken: string
  refreshToken?: string | null
  accessTokenExpiresIn?: number
  user?: { username?: string }
}

/** An access token that ends this soon is traded before it is sent. */
const MARGIN_MS = 10_000

const FIELDS = '{ accessToken accessTokenExpiresIn refreshToken user { username } }'
const LOGIN = `mutation ($input: LoginInput!) { login(input: $input) ${FIELDS} }`
const REFRESH = `mutation ($input: RefreshInput!) { refresh(input: $input) ${FIELDS} }`

/**
 * The tokens of this tab, in memory alone: a reload forgets them. The answers of `login` and `refresh` are taken over,
 * whether the form or the editor sent them.
 */
export class Session {
  /** Null where nobody is signed in; empty where the answer did not name the user. */
  username: string | null = null
  private accessToken?: string
  private refreshToken?: string
  private endsAt = Number.POSITIVE_INFINITY
  private refreshing?: Promise<void>

  /** @param onChange called after each sign-in and sign-out */
  constructor(
    private readonly endpoint: string,
    private readonly onChange: () => void,
  ) {}

  /** @returns the message of a refusal, otherwise null @throws TypeError where the service cannot be reached */
  async signIn(identifier: string, password: string): Promise<string | null> {
    const { errors } = await this.run({ query: LOGIN, variables: { input: { identifier, password } } })
    return errors?.[0]?.message ?? null
  }

  async signOut(): Promise<void> {
    const ended = this.send({ query: 'mutation { logout { sessionId } }' }, new Headers(this.authorization()))
    this.forget()
    await ended
  }

  /** Runs an operation as whoever is signed in, unless the headers say who. */
  async run(operation: Operation, sent: Record<string, string> = {}): Promise<Answer> {
    const headers = new Headers(sent)
    if (!headers.has('authorization')) {
      await this.renew()
      for (const [name, value] of Object.entries(this.authorization())) headers.set(name, value)
    }
    const answer = await this.send(operation, headers)
    for (const [field, value] of Object.entries(answer.data ?? {})) {
      if (isAuthPayload(value)) this.keep(value)
      if (field === 'logout' && value !== null) this.forget()
    }
    return answer
  }

  private async renew(): Promise<void> {
    if (this.refreshToken === undefined || Date.now() < this.endsAt - MARGIN_MS) return
    this.refreshing ??= this.refresh(this.refreshToken).finally(() => {
      this.refreshing = undefined
    })
    await this.refreshing
  }

  private async refresh(refreshToken: string): Promise<void> {
    const { data } = await this.send({ query: REFRESH, variables: { input: { refreshToken } } }, new Headers())
    if (isAuthPayload(data?.refresh)) this.keep(data.refresh)
    else this.forget()
  }

  private async send(operation: Operation, headers: Headers): Promise<Answer> {
    headers.set('content-type', 'application/json')
    const response = await fetch(this.endpoint, { method: 'POST', headers, body: JSON.stringify(operation) })
    return (await response.json()) as Answer
  }

  private authorization(): Record<string, string> {
    return this.accessToken === undefined ? {} : { authorization: `Bearer ${this.accessToken}` }
  }

  private keep({ accessToken, refreshToken, accessTokenExpiresIn, user }: AuthPayload): void {
    this.accessToken = accessToken
    this.refreshToken = refreshToken ?? undefined
    this.endsAt = Date.now() + (accessTokenExpiresIn ?? Number.POSITIVE_INFINITY) * 1000
    this.username = user?.username ?? ''
    this.onChange()
  }

  private forget(): void {
    this.accessToken = undefined
    this.refreshToken = undefined
    this.username = null
    this.onChange()
  }
}

function isAuthPayload(value: unknown): value is AuthPayload {
  return typeof value === 'object' && value !== null && 'accessToken' in value && typeof value.accessToken === 'string'
}
