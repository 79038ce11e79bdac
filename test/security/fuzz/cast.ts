import { randomBytes } from 'node:crypto'
import { codesOf, type Reply, send } from './target.ts'
import type { Known } from './values.ts'

export type Role = 'nobody' | 'user' | 'admin'

const PASSWORD = 'correct horse battery staple'
const KEPT = 40

const REGISTER = 'mutation ($input: RegisterInput!) { register(input: $input) { user { id } } }'
const CREATE = 'mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id } } }'
const LOGIN = `mutation ($input: LoginInput!) { login(input: $input) { accessToken refreshToken session { id } user { id } } }`

interface Login {
  accessToken: string
  refreshToken: string
  session: { id: string }
  user: { id: string }
}

/** The senders of random operations. A sender whose operation deletes the own account is replaced. */
export class Cast {
  readonly known: Known = { ids: [], names: [], passwords: [PASSWORD, 'not this one'], tokens: [] }
  private readonly tokens = new Map<Role, string>()
  private readonly origin: string
  private readonly chief: string

  /** @param chief the access token of an administrator that no random operation can name */
  constructor(origin: string, chief: string) {
    this.origin = origin
    this.chief = chief
  }

  async open(): Promise<void> {
    for (const role of ['user', 'admin'] as const) for (let count = 0; count < 3; count += 1) await this.engage(role)
  }

  async send(role: Role, body: object): Promise<Reply> {
    const reply = await this.post(body, this.tokens.get(role))
    if (role !== 'nobody' && codesOf(reply).includes('UNAUTHENTICATED')) await this.engage(role)
    return reply
  }

  private async engage(role: 'user' | 'admin'): Promise<void> {
    const username = `fuzz.${randomBytes(8).toString('hex')}`
    const account = { username, email: `${username}@example.com`, password: PASSWORD }
    if (role === 'user') await this.post({ query: REGISTER, variables: { input: account } })
    else await this.post({ query: CREATE, variables: { input: { ...account, role } } }, this.chief)
    const reply = await this.post({ query: LOGIN, variables: { input: { identifier: username, password: PASSWORD } } })
    const { login } = (JSON.parse(reply.text) as { data: { login: Login | null } }).data
    if (!login) throw new Error(`Nobody could be signed in: ${reply.text}`)
    this.tokens.set(role, login.accessToken)
    remember(this.known.ids, login.user.id, login.session.id)
    remember(this.known.names, username, account.email)
    remember(this.known.tokens, login.refreshToken, login.accessToken)
  }

  private async post(body: object, token?: string): Promise<Reply> {
    const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) }
    return send(this.origin, { method: 'POST', path: '/graphql', headers, body: Buffer.from(JSON.stringify(body)) })
  }
}

function remember(texts: string[], ...more: string[]): void {
  texts.push(...more)
  texts.splice(0, texts.length - KEPT)
}
