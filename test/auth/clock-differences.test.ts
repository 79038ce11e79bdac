import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { openOperator } from '../../src/operations/operator.ts'
import { createSecondInstance, createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { createTestClock } from '../support/clock.ts'
import { hasNoMariaDb, hasNoRedis } from '../support/installed.ts'
import { signIn, signUp } from '../support/story.ts'
import { codesOf, refresh, refreshed } from '../support/tokens.ts'

describeEachBackend('access tokens between instances', (backend) => {
  let app: TestApp
  let clock: ReturnType<typeof createTestClock>

  beforeEach(async () => {
    clock = createTestClock()
    app = await createTestApp({ backend, clock: clock.now })
  })
  afterEach(() => app.close())

  it.each([30, -30])('are good where the clock is %i s off, of a key just rotated as well', async (seconds) => {
    const shifted = () => new Date(clock.now().getTime() + seconds * 1000)
    const other = await createSecondInstance(app, { clock: shifted })
    const { username } = await signUp(app)
    const bothWays = async () => {
      const [here, there] = [await signIn(app, username), await signIn(other, username)]
      expect([await codesOf(other, here.accessToken), await codesOf(app, there.accessToken)]).toEqual([[], []])
      return [here.accessToken, there.accessToken]
    }
    await bothWays()
    const operator = await openOperator(readConfig(app.env))
    await operator.rotateKeys()
    await operator.close()
    for (const step of [0, 240, 29, 30, 30, 30, 600, 240]) {
      clock.advance(step)
      await bothWays()
    }
    const tokens = await bothWays()
    clock.advance(860)
    for (const token of tokens) expect([await codesOf(other, token), await codesOf(app, token)]).toEqual([[], []])
    await other.close()
  })

  it('are good until their exp where ACCESS_TOKEN_TTL is shorter (ASVS 9.2.1)', async () => {
    const shorter = await createApp(readConfig({ ...app.env, ACCESS_TOKEN_TTL: '60' }), {
      overrides: { clock: clock.now },
    })
    const person = await signUp(app)
    expect(await codesOf(shorter, person.accessToken)).toEqual([])
    clock.advance(899)
    expect(await codesOf(shorter, person.accessToken)).toEqual([])
    clock.advance(1)
    expect(await codesOf(shorter, person.accessToken)).toEqual(['UNAUTHENTICATED'])
    await shorter.close()
  })
})

describe.skipIf(hasNoMariaDb || hasNoRedis)('the grace of refresh tokens on MariaDB', () => {
  let app: TestApp

  beforeAll(async () => {
    app = await createTestApp({ backend: 'mysql' })
  })
  afterAll(() => app.close())

  it.each([20_000, -20_000, 1_000])(
    'is the same for an instance whose clock is %i ms off; its log tells of more than 2 seconds',
    async (milliseconds) => {
      const log = new PassThrough()
      const lines = text(log)
      const other = await createSecondInstance(
        { ...app, env: { ...app.env, LOG_LEVEL: 'warn' } },
        { clock: () => new Date(Date.now() + milliseconds), databaseClock: undefined, logDestination: log },
      )
      for (const [first, second] of [
        [app, other],
        [other, app],
      ] as const) {
        const { refreshToken } = await signUp(app)
        const next = await refreshed(first, refreshToken)
        expect((await refreshed(second, refreshToken)).refreshToken).toBe(next.refreshToken)
        const third = await refreshed(second, next.refreshToken)
        for (const token of [refreshToken, next.refreshToken])
          expect((await refreshed(first, token)).refreshToken).toBe(third.refreshToken)
      }
      await other.close()
      log.end()
      const warnings = (await lines).match(/"differenceMs":(-|\d\d\d\d\d).*The clock of this instance/g) ?? []
      expect(warnings).toHaveLength(Math.abs(milliseconds) > 2_000 ? 1 : 0)
    },
  )

  it('ends where the clock of an instance stands still', async () => {
    const env = { ...app.env, REFRESH_GRACE: '1' }
    const frozen = new Date()
    const other = await createSecondInstance({ ...app, env }, { clock: () => frozen, databaseClock: undefined })
    const { refreshToken } = await signUp(app)
    await refreshed(other, refreshToken)
    await pause(1_100)
    expect((await refresh(other, refreshToken)).codes).toEqual(['REFRESH_TOKEN_REUSED'])
    await other.close()
  })
})
