import type { App } from '../../src/app.ts'
import { type Backend, createSecondInstance, createTestApp, type TestApp } from '../support/app.ts'
import { TestClient } from '../support/client.ts'
import { createKey, createRole, giveRole } from '../support/rights.ts'
import { turnOn } from '../support/second-factor.ts'
import { openSql, type Sql } from '../support/sql.ts'
import { PASSWORD, type Person, signIn, signUp, signUpAdmin } from '../support/story.ts'
import { login } from '../support/tokens.ts'
import { type Program, SUPPORT, type Viewer } from './outcomes.ts'

const UPDATE = 'mutation ($input: UpdateUserInput!) { updateUser(input: $input) { user { id } } }'
const ROLES = '{ roles { name permissions } }'
const TWO_HOURS_MS = 7_200_000

interface Parts {
  app: TestApp
  /** The same service two hours ago, which issues access tokens that have expired. */
  past: App
  chief: Person
  /** Whose address is confirmed and about to change, and who has a second factor. */
  tilda: Person
  permissions: readonly string[]
  sql: Sql
}

/** A service with its clients. */
export class MatrixCast {
  readonly #readers = new Map<Viewer | Program, Promise<Person>>()
  readonly #programs = new Map<string, Promise<Person>>()
  #guests = 0

  private constructor(private readonly parts: Parts) {}

  /** Every permission there is, as the enum spells them. */
  get permissions(): readonly string[] {
    return this.parts.permissions
  }

  get tilda(): Person {
    return this.parts.tilda
  }

  static async create(backend: Backend): Promise<MatrixCast> {
    // Mail is set up, with a server that takes none: nothing here waits for a mail.
    const app = await createTestApp({ backend, env: { MAIL_URL: 'smtp://127.0.0.1:1' } })
    const past = await createSecondInstance(app, { clock: () => new Date(Date.now() - TWO_HOURS_MS) })
    const chief = await signUpAdmin(app)
    const bob = { username: 'bob', email: 'bob@example.com', password: PASSWORD, role: 'user', isActive: true } as const
    await app.services().users.create(bob, 'USER_REGISTERED' as never)
    const { roles } = await chief.client.get<{ roles: { name: string; permissions: string[] }[] }, undefined>(ROLES)
    const permissionsOf = (role: string) => roles.find(({ name }) => name === role)?.permissions ?? []
    await createRole(chief, 'support', [...permissionsOf('user'), ...SUPPORT])
    await createRole(chief, 'guest', [])
    await createRole(chief, 'spare', [])
    const cast = new MatrixCast({
      app,
      past,
      chief,
      tilda: await signUp(app, 'tilda'),
      permissions: permissionsOf('admin'),
      sql: await openSql(app),
    })
    await cast.#changeAddress(await signIn(app, 'bob'))
    await cast.#changeAddress(cast.tilda)
    await turnOn(cast.tilda)
    return cast
  }

  async close(): Promise<void> {
    await this.parts.sql.close()
    await this.parts.past.close()
    await this.parts.app.close()
  }

  /** A new person of this kind. */
  async viewer(kind: Viewer): Promise<Person> {
    const isAdministrator = kind === 'admin' || kind === 'demoted'
    const person = await (isAdministrator ? signUpAdmin : signUp)(this.parts.app, kind)
    if (kind === 'anonymous') return { ...person, client: new TestClient(this.parts.app.url) }
    if (kind === 'disabled') await this.#update(person, { isActive: false })
    if (kind === 'demoted') await this.#update(person, { role: 'user' })
    if (kind === 'support') await giveRole(this.parts.chief, person, 'support')
    if (kind !== 'expired') return person
    const { accessToken } = await signIn(this.parts.past, person.username)
    return { ...person, accessToken, client: new TestClient(this.parts.app.url, { token: accessToken }) }
  }

  /** One viewer, shared by the tests that only read. */
  async reader(kind: Viewer | Program): Promise<Person> {
    const known = this.#readers.get(kind) ?? this.#newReader(kind)
    this.#readers.set(kind, known)
    return known
  }

  /** An administrator whose client sends an API key with these permissions, shared by all tests. */
  async program(permissions: readonly string[]): Promise<Person> {
    const name = permissions.join()
    const known = this.#programs.get(name) ?? this.#withKey(this.viewer('admin'), permissions)
    this.#programs.set(name, known)
    return known
  }

  /** A new account that may do nothing, so that every key may act on it. */
  async guest(): Promise<Person> {
    const username = `guest${++this.#guests}`
    const account = { username, email: `${username}@example.com`, password: null, role: 'guest', isActive: true }
    const { users } = this.parts.app.services()
    const user = await users.create({ ...account, isEmailVerified: true }, 'USER_REGISTERED' as never)
    return { ...this.tilda, ...user }
  }

  async #newReader(kind: Viewer | Program): Promise<Person> {
    if (kind === 'key') return this.#withKey(this.#experienced('admin'), this.permissions)
    if (kind === 'narrowKey') return this.#withKey(this.#experienced('admin'), ['PROFILE_READ'])
    return this.#experienced(kind)
  }

  async #withKey(owner: Promise<Person>, permissions: readonly string[]): Promise<Person> {
    const person = await owner
    return { ...person, client: (await createKey(person, permissions)).client }
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
    await login(this.parts.app, person.username, 'a wrong password')
    for (const { client } of [person, await signIn(this.parts.app, person.username)]) {
      await client.get('mutation { setSessionValue(input: { key: "k", value: "mine" }) { session { id } } }')
    }
    await turnOn(person)
    return person
  }

  async #update({ id }: Person, change: object): Promise<void> {
    await this.parts.chief.client.get(UPDATE, { input: { userId: id, ...change } })
  }

  /** Confirms the address, and lets another one wait. */
  async #changeAddress({ id, email }: Person): Promise<void> {
    const change = 'update users set email_verified_at = created_at, pending_email = ? where id = ?'
    await this.parts.sql.run(change, [`x${email}`, id])
  }
}
