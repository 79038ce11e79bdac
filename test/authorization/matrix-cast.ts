import type { App } from '../../src/app.ts'
import { type Backend, createSecondInstance, createTestApp, type TestApp } from '../support/app.ts'
import { TestClient } from '../support/client.ts'
import { turnOn } from '../support/second-factor.ts'
import { openSql, type Sql } from '../support/sql.ts'
import { PASSWORD, type Person, signIn, signUp, signUpAdmin } from '../support/story.ts'
import { login } from '../support/tokens.ts'
import type { Viewer } from './outcomes.ts'

const UPDATE = 'mutation ($input: UpdateUserInput!) { updateUser(input: $input) { user { id } } }'
const TWO_HOURS_MS = 7_200_000

/** A service with its clients. */
export class MatrixCast {
  readonly #readers = new Map<Viewer, Promise<Person>>()

  private constructor(
    readonly app: TestApp,
    /** The same service two hours ago, which issues access tokens that have expired. */
    private readonly past: App,
    private readonly chief: Person,
    private readonly sql: Sql,
  ) {}

  static async create(backend: Backend): Promise<MatrixCast> {
    // Mail is set up, with a server that takes none: nothing here waits for a mail.
    const app = await createTestApp({ backend, env: { MAIL_URL: 'smtp://127.0.0.1:1' } })
    const past = await createSecondInstance(app, { clock: () => new Date(Date.now() - TWO_HOURS_MS) })
    const chief = await signUpAdmin(app)
    const bob = { username: 'bob', email: 'bob@example.com', password: PASSWORD, role: 'user', isActive: true } as const
    await app.services().users.create(bob, 'USER_REGISTERED' as never)
    const cast = new MatrixCast(app, past, chief, await openSql(app))
    await cast.#changeAddress(await signIn(app, 'bob'))
    await turnOn(await signUp(app, 'tilda'))
    return cast
  }

  async close(): Promise<void> {
    await this.sql.close()
    await this.past.close()
    await this.app.close()
  }

  /** A new person of this kind. */
  async viewer(kind: Viewer): Promise<Person> {
    const isAdministrator = kind === 'admin' || kind === 'demoted'
    const person = await (isAdministrator ? signUpAdmin : signUp)(this.app, kind)
    if (kind === 'anonymous') return { ...person, client: new TestClient(this.app.url) }
    if (kind === 'disabled') await this.#update(person, { isActive: false })
    if (kind === 'demoted') await this.#update(person, { role: 'user' })
    if (kind !== 'expired') return person
    const { accessToken } = await signIn(this.past, person.username)
    return { ...person, accessToken, client: new TestClient(this.app.url, { token: accessToken }) }
  }

  /** One viewer, shared by the tests that only read. */
  async reader(kind: Viewer): Promise<Person> {
    const known = this.#readers.get(kind) ?? this.#experienced(kind)
    this.#readers.set(kind, known)
    return known
  }

  /**
   * Like `viewer`, with a confirmed address and a pending one, entries of every kind, a second session, a value in both
   * sessions, and a second factor.
   */
  async #experienced(kind: Viewer): Promise<Person> {
    const person = await this.viewer(kind)
    if (kind === 'anonymous' || kind === 'expired' || kind === 'disabled') return person
    await this.#update(person, { displayName: 'Changed by an administrator' })
    await this.#changeAddress(person)
    await login(this.app, person.username, 'a wrong password')
    for (const { client } of [person, await signIn(this.app, person.username)]) {
      await client.get('mutation { setSessionValue(input: { key: "k", value: "mine" }) { session { id } } }')
    }
    await turnOn(person)
    return person
  }

  async #update({ id }: Person, change: object): Promise<void> {
    await this.chief.client.get(UPDATE, { input: { userId: id, ...change } })
  }

  /** Confirms the address, and lets another one wait. */
  async #changeAddress({ id, email }: Person): Promise<void> {
    const change = 'update users set email_verified_at = created_at, pending_email = ? where id = ?'
    await this.sql.run(change, [`x${email}`, id])
  }
}
