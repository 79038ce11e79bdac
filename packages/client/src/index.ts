import { type AnswerError, type EndReason, endReason, GatehouseError, isPassing, SessionEndedError } from './errors.ts'
import { pause, type SessionStore, type SharedToken, shareWithTabs, standAlone, type Tabs } from './tabs.ts'

export type * from './enums.ts'
export * from './errors.ts'
export type { SessionStore } from './tabs.ts'

export interface SessionOptions {
  /** Of the service, such as `https://api.example.com/graphql`. */
  url: string
  /** `COOKIE` in browsers, `BODY` elsewhere. */
  transport: 'BODY' | 'COOKIE'
  /** Where the session outlives the program: left out, localStorage with COOKIE and memory with BODY. */
  store?: SessionStore
  fetch?: typeof fetch
  /** Milliseconds in which a lost refresh is sent again; less than the service's REFRESH_GRACE. */
  retryFor?: number
}

/** Exactly one of the two. */
export type SecondFactor = { code: string } | { recoveryCode: string }

export interface Credentials {
  /** A username or an e-mail address. */
  identifier: string
  password: string
  secondFactor?: SecondFactor
}

export type SignedIn = { userId: string; sessionId: string }

/** Who is signed in now, and why a session ended; null where somebody signed in. */
export type Change = { user: SignedIn | null; reason: EndReason | null }

export type Answer<T> = { data?: T | null; errors?: AnswerError[] }

/** What the store keeps: `secret` is the refresh token (BODY) or the CSRF token (COOKIE). */
type Held = SignedIn & { secret: string }

/** Moments are of the monotonic clock. */
type Access = { token: string; renewAt: number; endsAt: number }

interface AuthPayload {
  accessToken: string
  accessTokenExpiresIn: number
  refreshToken: string | null
  csrfToken: string | null
  session: { id: string }
  user: { id: string }
}

const FIELDS = '{ accessToken accessTokenExpiresIn refreshToken csrfToken session { id } user { id } }'
const LOGIN = `mutation ($input: LoginInput!) { login(input: $input) ${FIELDS} }`
const REFRESH = `mutation ($input: RefreshInput) { refresh(input: $input) ${FIELDS} }`
const REAUTHENTICATE = 'mutation ($input: ReauthenticateInput!) { reauthenticate(input: $input) { session { id } } }'
const LOGOUT = 'mutation { logout { sessionId } }'

/** An access token is renewed this long before it ends, or at three quarters of its life. */
const MARGIN_MS = 30_000
const ATTEMPT_MS = 4_000

/** Milliseconds of a clock that nobody sets. */
const now = () => performance.now()

export type Session = InstanceType<typeof ClientSession>

export function createSession(options: SessionOptions): Session {
  return new ClientSession(options)
}

class ClientSession {
  readonly url: string
  readonly #options: SessionOptions
  readonly #tabs: Tabs
  readonly #loaded: Promise<unknown>
  readonly #listeners = new Set<(change: Change) => void>()
  #held: Held | null = null
  #access: Access | null = null
  /** True after another tab's user took the cookie: this tab follows nobody until it signs in or reloads. */
  #isReplaced = false
  #refreshing: Promise<void> | undefined
  #limited: { until: number; error: unknown } | undefined

  constructor(options: SessionOptions) {
    this.url = options.url
    this.#options = options
    const onToken = (shared: SharedToken) => this.#takeToken(shared)
    const name = `gatehouse ${options.url}`
    const isShared = options.transport === 'COOKIE'
    this.#tabs = isShared
      ? shareWithTabs(name, onToken, () => void this.#readOwn(), options.store)
      : standAlone(options.store)
    this.#loaded = this.#readOwn()
  }

  /** Who is signed in, as far as this tab knows: after a reload, once `token()` has answered. */
  get user(): SignedIn | null {
    return this.#held && { userId: this.#held.userId, sessionId: this.#held.sessionId }
  }

  /** Called after a reload too, where somebody is signed in. @returns a function that ends the calls */
  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** @throws GatehouseError as `login` does: SECOND_FACTOR_REQUIRED asks for the same again with `secondFactor` */
  async login(credentials: Credentials): Promise<SignedIn> {
    await this.#loaded
    return this.#tabs.exclusively(async () => {
      const sentAt = now()
      const input = { ...credentials, transport: this.#options.transport }
      const { login } = await this.#call<{ login: AuthPayload }>(LOGIN, { input })
      this.#isReplaced = false
      return this.#keep(login, sentAt)
    })
  }

  /** Ends the session, here even where the service cannot be told. @throws where it could not be */
  async logout(): Promise<void> {
    await this.#loaded
    await this.#tabs.exclusively(async () => {
      const held = await this.#readOwn()
      if (!held) return
      try {
        await this.#persist(() => this.#signOut(held))
      } finally {
        await this.#end('SIGNED_OUT', held)
      }
    })
  }

  /** Proves again who is here, for what asks for REAUTHENTICATION_REQUIRED. */
  async reauthenticate(input: { password: string; secondFactor?: SecondFactor }): Promise<void> {
    const { errors } = await this.ask(REAUTHENTICATE, { input })
    if (errors?.[0]) throw new GatehouseError(errors[0])
  }

  /**
   * An access token that is good, or null where nobody is signed in. Parallel calls, and tabs, share one refresh.
   * @param refused a token that the service has called UNAUTHENTICATED
   * @throws GatehouseError or what `fetch` throws, where waiting helps; SessionEndedError
   */
  async token(refused?: string): Promise<string | null> {
    await this.#loaded
    return this.#tokenFor(this.#held?.userId, refused)
  }

  /** Like `fetch`, with the access token; sent again where the token was refused and nothing was done. */
  readonly fetch = async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    await this.#loaded
    const owner = this.#held?.userId
    const used = await this.#tokenFor(owner)
    const answer = await this.#send(input, init, used)
    if (used === null || !(await wasRefused(answer))) return answer
    try {
      const token = await this.#tokenFor(owner, used)
      return token === null ? answer : await this.#send(input, init, token)
    } catch (error) {
      if (error instanceof SessionEndedError) return answer
      throw error
    }
  }

  /** Runs one operation as whoever is signed in. */
  async ask<T>(query: string, variables: object = {}): Promise<Answer<T>> {
    return readAnswer<T>(await this.fetch(this.url, requestOf(query, variables)))
  }

  /** Listens to other tabs no longer. */
  close(): void {
    this.#tabs.close()
  }

  async #tokenFor(owner: string | undefined, refused?: string): Promise<string | null> {
    if (refused !== undefined && this.#access?.token === refused) this.#access = null
    if (owner !== undefined && this.#held?.userId === owner && now() >= (this.#access?.renewAt ?? 0)) {
      await this.#renew().catch((error) => {
        if (now() >= (this.#access?.endsAt ?? 0)) throw error
      })
    }
    // Nobody's request goes out under the token of another.
    if (this.#held?.userId !== owner) throw new SessionEndedError('The session ended or changed hands meanwhile.')
    return this.#access?.token ?? null
  }

  #renew(): Promise<void> {
    this.#refreshing ??= this.#tabs
      .exclusively(() => this.#refresh())
      .finally(() => {
        this.#refreshing = undefined
      })
    return this.#refreshing
  }

  /** Within the lock. */
  async #refresh(): Promise<void> {
    if (now() < (this.#limited?.until ?? 0)) throw this.#limited?.error
    const held = await this.#readOwn()
    // Another tab was first.
    if (!held || now() < (this.#access?.renewAt ?? 0)) return
    try {
      await this.#persist(() => this.#trade(held))
    } catch (error) {
      const reason = endReason(error)
      if (reason) return this.#end(reason, held)
      if (error instanceof GatehouseError && error.extensions.code === 'RATE_LIMITED') {
        this.#limited = { until: now() + error.extensions.retryAfter * 1000, error }
      }
      if (error instanceof GatehouseError && error.code === 'CSRF_FAILED') {
        // Another tab's sign-in may be known to the cookie before it is to the store.
        await pause(200)
        if ((await this.#readOwn())?.sessionId !== held.sessionId) return
      }
      throw error
    }
  }

  async #trade(held: Held): Promise<void> {
    const sentAt = now()
    const isCookie = this.#options.transport === 'COOKIE'
    const input = isCookie ? undefined : { refreshToken: held.secret }
    const attempt = { headers: csrfHeader(isCookie, held), signal: AbortSignal.timeout(ATTEMPT_MS) }
    const { refresh } = await this.#call<{ refresh: AuthPayload }>(REFRESH, { input }, attempt)
    await this.#keep(refresh, sentAt)
  }

  async #signOut(held: Held): Promise<void> {
    const isCookie = this.#options.transport === 'COOKIE'
    // With BODY only a good access token signs out.
    if (!isCookie && now() >= (this.#access?.endsAt ?? 0)) await this.#trade(held)
    const authorization = this.#access && { authorization: `Bearer ${this.#access.token}` }
    const headers = { ...authorization, ...csrfHeader(isCookie, held) }
    await this.#call(LOGOUT, {}, { headers, signal: AbortSignal.timeout(ATTEMPT_MS) }).catch((error) => {
      // It was over already, or an answer was lost.
      if (endReason(error) === null && error.code !== 'UNAUTHENTICATED') throw error
    })
  }

  /** Sends again what got lost. Within the grace of the service a used refresh token answers once more. */
  async #persist<T>(work: () => Promise<T>): Promise<T> {
    const until = now() + (this.#options.retryFor ?? 8_000)
    for (let wait = 100; ; wait = Math.min(wait * 2, 1000)) {
      try {
        return await work()
      } catch (error) {
        if (!isPassing(error) || now() + wait >= until) throw error
        await pause(wait)
      }
    }
  }

  /** What the store holds, where that is still this tab's user's; otherwise this tab is signed out. */
  async #readOwn(): Promise<Held | null> {
    this.#follow(parse(await this.#tabs.store.get()))
    return this.#held
  }

  async #keep(payload: AuthPayload, sentAt: number): Promise<SignedIn> {
    const secret = payload.refreshToken ?? payload.csrfToken ?? ''
    const held = { userId: payload.user.id, sessionId: payload.session.id, secret }
    // Kept before it is used: each refresh token works once.
    await this.#tabs.store.set(JSON.stringify(held))
    const before = this.#held
    const expiresIn = sentAt - now() + payload.accessTokenExpiresIn * 1000
    const shared = { sessionId: held.sessionId, token: payload.accessToken, expiresIn }
    this.#held = held
    this.#limited = undefined
    this.#takeToken(shared)
    if (before?.userId !== held.userId) this.#tell(null)
    await this.#tabs.share(shared)
    return { userId: held.userId, sessionId: held.sessionId }
  }

  #takeToken({ sessionId, token, expiresIn }: SharedToken): void {
    if (sessionId !== this.#held?.sessionId) return
    const margin = Math.min(MARGIN_MS, expiresIn / 4)
    this.#access = { token, endsAt: now() + expiresIn, renewAt: now() + expiresIn - margin }
  }

  /** Another tab signed in or out. The same user goes on under the new session, another one never. */
  #follow(stored: Held | null): void {
    if (this.#isReplaced || (stored === null && this.#held === null)) return
    const before = this.#held
    if (stored === null || (before && before.userId !== stored.userId)) {
      this.#isReplaced = stored !== null
      this.#forget(stored ? 'REPLACED' : 'SIGNED_OUT')
      return
    }
    this.#held = stored
    if (before?.sessionId !== stored.sessionId) this.#access = null
    if (before === null) this.#tell(null)
  }

  async #end(reason: EndReason, { sessionId }: SignedIn): Promise<void> {
    const stored = parse(await this.#tabs.store.get())
    if (stored?.sessionId === sessionId) await this.#tabs.store.set(null)
    this.#forget(reason)
  }

  #forget(reason: EndReason): void {
    this.#held = null
    this.#access = null
    this.#tell(reason)
  }

  #tell(reason: EndReason | null): void {
    for (const listener of this.#listeners) listener({ user: this.user, reason })
  }

  #send(input: string | URL | Request, init: RequestInit, token: string | null): Promise<Response> {
    const headers = new Headers(init.headers)
    if (token !== null) headers.set('authorization', `Bearer ${token}`)
    return (this.#options.fetch ?? fetch)(input, { ...init, credentials: 'include', headers })
  }

  /** @throws GatehouseError with the first error */
  async #call<T>(query: string, variables: object, { headers, signal }: RequestInit = {}): Promise<T> {
    const request = requestOf(query, variables)
    const answer = await this.#send(this.url, { ...request, headers: { ...request.headers, ...headers }, signal }, null)
    const { data, errors } = await readAnswer<T>(answer)
    if (errors?.[0]) throw new GatehouseError(errors[0])
    return data as T
  }
}

function requestOf(query: string, variables: object) {
  return { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query, variables }) }
}

function csrfHeader(isCookie: boolean, { secret }: Held): Record<string, string> {
  return isCookie ? { 'x-csrf-token': secret } : {}
}

/** @throws where a proxy answered, and not the service */
async function readAnswer<T>(response: Response): Promise<Answer<T>> {
  const answer = (await response.json()) as Answer<T>
  if (!('data' in answer) && !answer.errors) throw new Error(`HTTP ${response.status}`)
  return answer
}

/** Whether the service took the request for nobody's, and nothing of it has run. */
async function wasRefused(response: Response): Promise<boolean> {
  const { data, errors } = await readAnswer<object>(response.clone()).catch((): Answer<object> => ({}))
  const isRefused = errors?.some(({ extensions }) => extensions?.code === 'UNAUTHENTICATED') ?? false
  return isRefused && Object.values(data ?? {}).every((value) => value === null)
}

function parse(text: string | null): Held | null {
  return text ? (JSON.parse(text) as Held) : null
}
