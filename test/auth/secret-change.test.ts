import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { App } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { openOperator } from '../../src/operations/operator.ts'
import { createSecondInstance, createTestApp, type TestApp } from '../support/app.ts'
import { Browser } from '../support/browser.ts'
import { TestClient } from '../support/client.ts'
import { createTestClock } from '../support/clock.ts'
import { hasNoMariaDb, hasNoRedis } from '../support/installed.ts'
import { signIn, signUp } from '../support/story.ts'
import { codesOf, refreshed } from '../support/tokens.ts'

const ACTIVITIES = `query ($after: String) {
  me { activities(first: 1, after: $after) { nodes { action } pageInfo { endCursor } } }
}`
interface Activities {
  me: { activities: { nodes: { action: string }[]; pageInfo: { endCursor: string } } }
}

/** The settings of a step in docs/operations.md, "Keys". */
type Step = Record<'SECRET_KEY' | 'SECRET_KEY_PREVIOUS', string>

describe.skipIf(hasNoMariaDb || hasNoRedis)('a change of SECRET_KEY in steps, on one MariaDB', () => {
  const [old, next] = [randomBytes(32).toString('base64url'), randomBytes(32).toString('base64url')]
  const before: Step = { SECRET_KEY: old, SECRET_KEY_PREVIOUS: '' }
  const first: Step = { SECRET_KEY: old, SECRET_KEY_PREVIOUS: next }
  const second: Step = { SECRET_KEY: next, SECRET_KEY_PREVIOUS: old }
  const third: Step = { SECRET_KEY: next, SECRET_KEY_PREVIOUS: '' }
  const clock = createTestClock()
  let app: TestApp
  let username: string

  beforeAll(async () => {
    app = await createTestApp({ backend: 'mysql', env: before, clock: clock.now })
    username = (await signUp(app)).username
  })
  afterAll(() => app.close())

  const environmentOf = (step: Step) => ({ ...app.env, ...step })
  const start = (step: Step) => createSecondInstance({ ...app, env: environmentOf(step) }, { clock: clock.now })

  /** What one instance has issued serves at another: tokens, cookies, cursors. */
  async function expectUnderstood(issuer: App, reader: App): Promise<void> {
    const person = await signIn(issuer, username)
    expect(await codesOf(reader, person.accessToken)).toEqual([])
    const successor = await refreshed(reader, person.refreshToken)
    expect(await codesOf(issuer, (await refreshed(issuer, successor.refreshToken)).accessToken)).toEqual([])

    const { me } = await person.client.get<Activities, object>(ACTIVITIES, {})
    const atReader = new TestClient(reader.url, { token: person.accessToken })
    const page = await atReader.get<Activities, object>(ACTIVITIES, { after: me.activities.pageInfo.endCursor })
    expect(page.me.activities.nodes).toHaveLength(1)

    const browser = new Browser(issuer)
    const csrfToken = (await browser.login(username)).data?.login?.csrfToken
    const other = browser.copy(reader)
    expect((await other.refresh(csrfToken)).data?.refresh).toMatchObject({ csrfToken })
    const headers = { 'x-csrf-token': csrfToken ?? '' }
    expect((await other.copy(issuer).run('mutation { logout { sessionId } }', {}, { headers })).codes).toEqual([])
  }

  /** Makes a signing key with the settings of a step, which every instance has to know. */
  async function expectRotation(step: Step, instances: App[]): Promise<void> {
    const operator = await openOperator(readConfig(environmentOf(step)))
    const { kid } = await operator.rotateKeys()
    await operator.close()
    // An instance reads the keys anew once a second at most.
    for (const { url } of instances) {
      const jwks = async () => (await fetch(`${url}/.well-known/jwks.json`)).text()
      await expect.poll(jwks, { timeout: 5000 }).toContain(kid)
    }
  }

  it('signs nobody out, instance by instance, and any step can be taken back', async () => {
    let staying = await start(before)
    const [moved, idle] = [await signIn(staying, username), await signIn(staying, username)]
    let { refreshToken } = moved
    for (const [from, to] of [
      [before, first],
      [first, second],
      [second, third],
    ] as const) {
      const replaced = await start(to)
      await expectUnderstood(staying, replaced)
      // One that is not yet replaced ends and starts again.
      const restarted = await start(from)
      await expectUnderstood(replaced, restarted)
      await expectRotation(to, [staying, restarted, replaced])
      await Promise.all([staying, restarted, replaced].map((instance) => instance.close()))
      staying = await start(to)
      refreshToken = (await refreshed(staying, refreshToken)).refreshToken
      expect(await codesOf(staying, idle.accessToken)).toEqual([])
    }
    await expect(refreshed(staying, idle.refreshToken)).rejects.toThrow('REFRESH_TOKEN_INVALID')
    for (const to of [second, first, before]) {
      const replaced = await start(to)
      await expectUnderstood(staying, replaced)
      await expectRotation(to, [staying, replaced])
      await staying.close()
      staying = replaced
    }
    await refreshed(staying, idle.refreshToken)
    await staying.close()
  }, 120_000)
})
