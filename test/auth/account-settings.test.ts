import { afterAll, beforeAll, expect, it } from 'vitest'
import type { App } from '../../src/app.ts'
import { createSecondInstance, createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { TestClient } from '../support/client.ts'
import { openSql, type Sql } from '../support/sql.ts'
import { PASSWORD, type Person, signUp, signUpAdmin } from '../support/story.ts'
import { activities, faultsOf } from '../support/tokens.ts'

const REGISTER = 'mutation ($input: RegisterInput!) { register(input: $input) { user { id } } }'
const CREATE = 'mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id email emailVerifiedAt } } }'
const CHANGE_EMAIL = `mutation ($input: ChangeEmailInput!) {
  changeEmail(input: $input) { user { email emailVerifiedAt pendingEmail } }
}`
const BY_ANYBODY = {
  verifyEmail: 'mutation { verifyEmail(input: { token: "x" }) { email } }',
  revertEmailChange: 'mutation { revertEmailChange(input: { token: "x" }) { email } }',
  requestPasswordReset: 'mutation { requestPasswordReset(input: { email: "malformed" }) { accepted } }',
  resetPassword: 'mutation { resetPassword(input: { token: "x", newPassword: "x" }) { revokedSessions } }',
}
const REQUEST = 'mutation { requestEmailVerification { accepted } }'

describeEachBackend('a service without mail', (backend) => {
  let app: TestApp
  /** The limit of each field is 1. */
  let limited: App
  let closed: App
  let chief: Person
  let sql: Sql

  beforeAll(async () => {
    app = await createTestApp({ backend })
    const limits = { RATE_LIMIT_FACTOR: '0.001', RATE_LIMIT_REQUESTS: '1000000' }
    limited = await createSecondInstance({ ...app, env: { ...app.env, ...limits } })
    closed = await createSecondInstance({ ...app, env: { ...app.env, REGISTRATION: 'closed' } })
    chief = await signUpAdmin(app)
    sql = await openSql(app)
  })
  afterAll(async () => {
    await sql.close()
    await limited.close()
    await closed.close()
    await app.close()
  })

  it.each(Object.entries(BY_ANYBODY))('answers %s with NOT_CONFIGURED, before any limit', async (_, document) => {
    const alice = await signUp(app)
    for (const token of [undefined, 'forged', alice.accessToken, alice.accessToken])
      expect((await new TestClient(limited.url, { token }).run(document)).codes).toEqual(['NOT_CONFIGURED'])
  })

  it('tells who may not come so first, then NOT_CONFIGURED, before any limit', async () => {
    const alice = await signUp(app)
    for (let count = 0; count < 3; count++) {
      expect((await new TestClient(limited.url).run(REQUEST)).codes).toEqual(['UNAUTHENTICATED'])
      const client = new TestClient(limited.url, { token: alice.accessToken })
      expect((await client.run(REQUEST)).codes).toEqual(['NOT_CONFIGURED'])
    }
  })

  it('changes an address at once, unconfirmed, but for its spelling, and ends what waits', async () => {
    const alice = await signUp(app)
    const confirm = 'update users set email_verified_at = created_at, pending_email = ? where id = ?'
    await sql.run(confirm, ['x@example.net', alice.id])
    const change = (email: string) => alice.client.get(CHANGE_EMAIL, { input: { email, currentPassword: PASSWORD } })
    const spelled = alice.email.toUpperCase()
    expect(await change(spelled)).toMatchObject({
      changeEmail: { user: { email: spelled, emailVerifiedAt: expect.any(String), pendingEmail: null } },
    })
    const email = `new-${alice.email}`
    const user = { email, emailVerifiedAt: null, pendingEmail: null }
    expect(await change(email)).toEqual({ changeEmail: { user } })
    expect(await alice.client.get('{ me { email emailVerifiedAt pendingEmail } }')).toEqual({ me: user })
  })

  it('needs a password for a new account, and lists its other faults beside', async () => {
    const input = { username: 'x', email: 'invited@example.com' }
    const answer = await chief.client.run(CREATE, { input })
    expect(answer.codes).toEqual(['BAD_USER_INPUT'])
    expect(faultsOf(answer)).toEqual([
      ['input.username', 'TOO_SHORT'],
      ['input.password', 'REQUIRED'],
    ])
    const nulled = await chief.client.run(CREATE, { input: { ...input, username: 'invited', password: null } })
    expect(faultsOf(nulled)).toEqual([['input.password', 'REQUIRED']])
    const alice = await signUp(app)
    expect((await alice.client.run(CREATE, { input })).codes).toEqual(['FORBIDDEN'])
  })

  it('whose registration is closed forbids register to everybody, before anything is looked at', async () => {
    const alice = await signUp(app)
    const input = { username: 'x', email: 'x', password: 'x' }
    for (let count = 0; count < 12; count++)
      expect((await new TestClient(closed.url).run(REGISTER, { input })).codes).toEqual(['FORBIDDEN'])
    const client = new TestClient(closed.url, { token: alice.accessToken })
    expect((await client.run(REGISTER, { input })).codes).toEqual(['FORBIDDEN'])
    const denied = await activities(chief.client, { userId: alice.id, actions: ['ACCESS_DENIED'] })
    expect(denied).toEqual([{ action: 'ACCESS_DENIED', userId: alice.id, actorId: alice.id, details: 'register' }])
    const made = { username: `made-${backend}`, email: `made-${backend}@example.com`, password: PASSWORD }
    await new TestClient(closed.url, { token: chief.accessToken }).get(CREATE, { input: made })
  })
})
