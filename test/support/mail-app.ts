import type { App } from '../../src/app.ts'
import { type Backend, createSecondInstance, createTestApp, type TestApp } from './app.ts'
import { type Answer, TestClient } from './client.ts'
import { createTestClock, type TestClock } from './clock.ts'
import { MailServer, type ReceivedMail } from './mail-server.ts'
import { openSql, type Sql } from './sql.ts'
import { PASSWORD, type Person, signUp, signUpAdmin } from './story.ts'
import { activities } from './tokens.ts'

/** What the account itself sees of its address. */
export interface Address {
  email: string
  emailVerifiedAt: string | null
  pendingEmail: string | null
  updatedAt: string
}

/** A service with a mail server, and an administrator. Access tokens outlive what tests add to the clock. */
export class MailApp {
  private readonly instances: App[] = []

  private constructor(
    readonly app: TestApp,
    readonly server: MailServer,
    readonly clock: TestClock,
    readonly sql: Sql,
    readonly chief: Person,
  ) {}

  static async create(backend: Backend): Promise<MailApp> {
    const server = await MailServer.start()
    const clock = createTestClock()
    const ttl = String(100 * 86_400)
    const env = {
      MAIL_URL: server.url,
      APP_URL: 'https://app.example',
      TRUSTED_PROXIES: '127.0.0.1',
      ACCESS_TOKEN_TTL: ttl,
      REFRESH_TOKEN_TTL: ttl,
      SESSION_TTL: ttl,
    }
    const app = await createTestApp({ backend, env, clock: clock.now })
    return new MailApp(app, server, clock, await openSql(app), await signUpAdmin(app))
  }

  /** Another instance, with other settings. */
  async instance(env: Record<string, string>): Promise<App> {
    const instance = await createSecondInstance(
      { ...this.app, env: { ...this.app.env, ...env } },
      { clock: this.clock.now },
    )
    this.instances.push(instance)
    return instance
  }

  async close(): Promise<void> {
    for (const instance of this.instances) await instance.close()
    await this.sql.close()
    await this.app.close()
    await this.server.stop()
  }

  /** A new person, whose address is confirmed. */
  async confirmed(): Promise<Person> {
    const person = await signUp(this.app)
    await this.verify(await this.token(person.email, 'verify-email'))
    return person
  }

  /** The token in the newest of `count` mails of a kind to an address. */
  async token(address: string, kind: string, count = 1): Promise<string> {
    return (await this.mail(address, kind, count)).token ?? ''
  }

  async mail(address: string, kind: string, count = 1): Promise<ReceivedMail> {
    const received = await this.server.all(address, kind, count)
    return received.at(-1) as ReceivedMail
  }

  /** The kinds of all mails to an address in any spelling, sent or not, oldest first. */
  async kindsTo(address: string): Promise<string[]> {
    const select = `select kind from outbox_messages where payload like '%"${address}"%' order by id`
    return (await this.sql.all<{ kind: string }>(select)).map(({ kind }) => kind)
  }

  async addressOf({ client }: Person): Promise<Address> {
    const query = '{ me { email emailVerifiedAt pendingEmail updatedAt } }'
    return (await client.get<{ me: Address }, undefined>(query)).me
  }

  /** What happened to an account, as action and actor, but for opening it, signing in and confirming its address. */
  async entriesOf({ id }: Person): Promise<[action: string, actorId: string | null][]> {
    const all = await activities(this.chief.client, { userId: id })
    return all
      .filter(({ action }) => !['USER_REGISTERED', 'USER_LOGIN', 'EMAIL_VERIFIED'].includes(action))
      .map(({ action, actorId }) => [action, actorId])
  }

  changeEmail({ client }: Person, email: string): Promise<Answer<unknown>> {
    const document = 'mutation ($input: ChangeEmailInput!) { changeEmail(input: $input) { user { pendingEmail } } }'
    return client.run(document, { input: { email, currentPassword: PASSWORD } })
  }

  updateUser({ id }: Pick<Person, 'id'>, change: object): Promise<unknown> {
    const document = 'mutation ($input: UpdateUserInput!) { updateUser(input: $input) { user { id } } }'
    return this.chief.client.get(document, { input: { userId: id, ...change } })
  }

  verify(token: string, client = this.stranger): Promise<Answer<{ verifyEmail: { email: string } | null }>> {
    return client.run('mutation ($token: String!) { verifyEmail(input: { token: $token }) { email } }', { token })
  }

  revert(token: string, client = this.stranger): Promise<Answer<{ revertEmailChange: { email: string } | null }>> {
    return client.run('mutation ($token: String!) { revertEmailChange(input: { token: $token }) { email } }', { token })
  }

  requestReset(email: string, client = this.stranger): Promise<Answer<unknown>> {
    const document = 'mutation ($email: String!) { requestPasswordReset(input: { email: $email }) { accepted } }'
    return client.run(document, { email })
  }

  reset(token: string, newPassword: string, client = this.stranger): Promise<Answer<unknown>> {
    const document = 'mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { revokedSessions } }'
    return client.run(document, { input: { token, newPassword } })
  }

  get stranger(): TestClient {
    return new TestClient(this.app.url)
  }
}
