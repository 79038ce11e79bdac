import type { App } from '../../src/app.ts'
import { type Answer, TestClient } from '../support/client.ts'
import { PASSWORD, type Person, signUp, signUpAdmin } from '../support/story.ts'
import { faultsOf, login } from '../support/tokens.ts'

const REGISTER = 'mutation ($input: RegisterInput!) { register(input: $input) { user { id } } }'
const RENAME = 'mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { user { displayName } } }'
const SET = `mutation ($key: String!, $value: JSON!) {
  setSessionValue(input: { key: $key, value: $value }) { session { id } }
}`
const GET = 'query ($key: String!) { session { keys value(key: $key) } }'
const FIND = 'query ($filter: UserFilter) { users(filter: $filter) { nodes { id } } }'
const ACCOUNT = 'query ($id: ID!) { user(id: $id) { username email } }'

/** What the service did with a text: kept it, changed it, or reported faults. */
export type Fate = 'kept' | 'changed' | [string, string][]

/** Writes texts to each kind of column, and reads them back. */
export class Fates {
  #names = 0

  private constructor(
    private readonly app: App,
    private readonly chief: Person,
    readonly person: Person,
  ) {}

  static async create(app: App): Promise<Fates> {
    return new Fates(app, await signUpAdmin(app), await signUp(app))
  }

  async identifier(field: 'username' | 'email', text: string): Promise<Fate> {
    const answer = await this.#register({ [field]: text })
    const id = answer.data?.register?.user.id
    if (id === undefined) return faultsOf(answer)
    const { user } = await this.chief.client.get<{ user: Record<string, string> }, object>(ACCOUNT, { id })
    const signedIn = (await login(this.app, text)).data?.login?.user.id
    return user[field] === text && signedIn === id ? 'kept' : 'changed'
  }

  async password(text: string): Promise<Fate> {
    const username = `password${this.#names}`
    const answer = await this.#register({ username, password: text })
    if (answer.codes.length > 0) return faultsOf(answer)
    const whole = await login(this.app, username, text)
    const cut = await login(this.app, username, text.slice(0, -1))
    return whole.codes.length === 0 && cut.codes.join() === 'INVALID_CREDENTIALS' ? 'kept' : 'changed'
  }

  async displayName(text: string): Promise<Fate> {
    const answer = await this.person.client.run(RENAME, { input: { displayName: text } })
    if (answer.codes.length > 0) return faultsOf(answer)
    const { me } = await this.person.client.get<{ me: { displayName: string } }, object>('{ me { displayName } }')
    return me.displayName === text ? 'kept' : 'changed'
  }

  /** Stores the text as the only value of the session. */
  async sessionValue(key: string, value: unknown): Promise<Fate> {
    await this.person.client.get('mutation { clearSessionValues { session { id } } }')
    const answer = await this.person.client.run(SET, { key, value })
    if (answer.codes.length > 0) return faultsOf(answer)
    const { session } = await this.person.client.get<{ session: object }, object>(GET, { key })
    return JSON.stringify(session) === JSON.stringify({ keys: [key], value }) ? 'kept' : 'changed'
  }

  /** A search counts as kept when it has no fault. */
  async search(text: string): Promise<Fate> {
    const answer = await this.chief.client.run(FIND, { filter: { search: text } })
    return answer.codes.length > 0 ? faultsOf(answer) : 'kept'
  }

  async #register(input: object): Promise<Answer<{ register: { user: { id: string } } | null }>> {
    this.#names += 1
    const account = { username: `text${this.#names}`, email: `text${this.#names}@example.com`, password: PASSWORD }
    return new TestClient(this.app.url).run(REGISTER, { input: { ...account, ...input } })
  }
}
