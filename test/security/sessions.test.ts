import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { App } from '../../src/app.ts'
import { post } from '../http/http-client.ts'
import { createSecondInstance, createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { Browser } from '../support/browser.ts'
import { TestClient } from '../support/client.ts'
import { createTestClock, type TestClock } from '../support/clock.ts'
import { PASSWORD, type Person, signIn, signUp, signUpAdmin } from '../support/story.ts'
import { codesOf, login, refresh } from '../support/tokens.ts'
import { commands, type RealService } from './session-commands.ts'
import { LIMITS, SessionModel } from './session-model.ts'

const REGISTER = 'mutation ($input: RegisterInput!) { register(input: $input) { user { id } } }'

describeEachBackend('sessions on two instances', (backend) => {
  let clock: TestClock
  let app: TestApp
  let second: App
  let chief: Person

  beforeAll(async () => {
    clock = createTestClock(new Date('2030-01-01T00:00:00.000Z'))
    const env = {
      ACCESS_TOKEN_TTL: String(LIMITS.accessSeconds),
      REFRESH_TOKEN_TTL: String(LIMITS.idleSeconds),
      SESSION_TTL: String(LIMITS.absoluteSeconds),
      REFRESH_GRACE: String(LIMITS.graceSeconds),
      MAX_SESSIONS: String(LIMITS.maxSessions),
    }
    app = await createTestApp({ backend, env, clock: clock.now })
    second = await createSecondInstance(app, { clock: clock.now })
    chief = await signUpAdmin(app)
  })
  afterAll(async () => {
    await second.close()
    await app.close()
  })

  let accounts = 0

  async function openAccount(): Promise<{ model: SessionModel; real: RealService }> {
    accounts += 1
    const model = new SessionModel()
    const username = `model${accounts}`
    const input = { username, email: `${username}@example.com`, password: model.password }
    const { register } = await new TestClient(app.url).get<{ register: { user: { id: string } } }, object>(REGISTER, {
      input,
    })
    return {
      model,
      real: { instances: [app, second], clock, username, userId: register.user.id, chief: chief.username },
    }
  }

  it('do as the model says, whatever happens in whatever order (ASVS 7.2.1, 7.2.4, 7.3.1, 7.3.2, 7.4.1, 7.4.2, 7.4.3, 8.3.2, 10.4.5)', async () => {
    const property = fc.asyncProperty(fc.commands(commands, { maxCommands: 40, size: 'max' }), async (steps) => {
      const { model, real } = await openAccount()
      await fc.asyncModelRun(() => ({ model, real }), steps)
    })
    await fc.assert(property, { numRuns: backend === 'sqlite' ? 40 : 20, interruptAfterTimeLimit: 40_000 })
  }, 120_000)

  it('cannot be fixed: signing in never takes up a session, token or id that the client brings (ASVS 7.2.4)', async () => {
    const victim = await signUp(app, 'victim')
    const attacker = await signUp(app, 'attacker')
    const brought = {
      authorization: `Bearer ${attacker.accessToken}`,
      cookie: `__Host-gatehouse-refresh=${attacker.refreshToken}; __Host-gatehouse-csrf=known; sid=${attacker.sessionId}`,
      'x-csrf-token': 'known',
      'x-session-id': attacker.sessionId,
      origin: app.url,
    }
    for (const transport of ['BODY', 'COOKIE']) {
      const query =
        'mutation ($input: LoginInput!) { login(input: $input) { csrfToken refreshToken session { id } user { id } } }'
      const variables = { input: { identifier: victim.username, password: PASSWORD, transport } }
      const { body, text } = await post(`${app.url}/graphql`, { query, variables }, brought)
      expect(body.data?.login).toMatchObject({ user: { id: victim.id } })
      for (const known of [attacker.sessionId, attacker.refreshToken, 'known']) expect(text).not.toContain(known)
    }
    expect(await codesOf(app, attacker.accessToken)).toEqual([])
  })

  it('are not ended, shown or named by the id of another account (ASVS 8.2.2)', async () => {
    const victim = await signUp(app, 'victim')
    const attacker = await signUp(app, 'attacker')
    const document = 'mutation ($id: ID!) { revokeSession(input: { sessionId: $id }) { sessionId } }'
    const answers = await Promise.all(
      [victim.sessionId, chief.sessionId, crypto.randomUUID(), victim.id, '0', "' OR ''='"].map((id) =>
        attacker.client.run(document, { id }),
      ),
    )
    expect(new Set(answers.map(({ errors }) => JSON.stringify(errors)))).toHaveProperty('size', 1)
    expect(answers[0]?.codes).toEqual(['NOT_FOUND'])
    expect(await codesOf(second, victim.accessToken)).toEqual([])
    const { data } = await attacker.client.run('query ($id: ID!) { user(id: $id) { sessions { id } } }', {
      id: victim.id,
    })
    expect(data).toEqual({ user: null })
  })

  it('have tokens with 256 bits that nobody can guess (ASVS 7.2.2, 7.2.3, 11.5.1)', async () => {
    const person = await signUp(app, 'random')
    const tokens = await Promise.all(Array.from({ length: 3 }, () => signIn(app, person.username)))
    const browsers = await Promise.all(
      Array.from(
        { length: 3 },
        async () => (await new Browser(app).login(person.username)).data?.login?.csrfToken ?? '',
      ),
    )
    const macs = tokens.map(({ refreshToken }) => Buffer.from(refreshToken.slice(4), 'base64url').subarray(20))
    for (const secrets of [browsers.map((text) => Buffer.from(text, 'base64url')), macs]) {
      expect(secrets.every(({ length }) => length === 32)).toBe(true)
      expect(new Set(secrets.map((secret) => secret.subarray(0, 8).toString('hex'))).size).toBe(secrets.length)
    }
  })

  it('of 50 refreshes at once on both instances have one successor, and the lost answer is given again', async () => {
    const person = await signUp(app, 'tabs')
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => refresh(index % 2 ? app : second, person.refreshToken)),
    )
    expect(answers.flatMap(({ codes }) => codes)).toEqual([])
    const successors = new Set(answers.map(({ data }) => data?.refresh?.refreshToken))
    expect(successors.size).toBe(1)
    expect((await refresh(second, person.refreshToken)).data?.refresh?.refreshToken).toBe([...successors][0])
  })

  it('stay at MAX_SESSIONS under 20 logins at once on both instances', async () => {
    const person = await signUp(app, 'crowd')
    await Promise.all(Array.from({ length: 20 }, (_, index) => login(index % 2 ? app : second, person.username)))
    const last = await signIn(app, person.username)
    const { me } = await last.client.get<{ me: { sessions: unknown[] } }, object>('{ me { sessions { id } } }')
    expect(me.sessions).toHaveLength(LIMITS.maxSessions)
  })
})
