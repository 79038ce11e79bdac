import { afterEach, beforeEach, expect, it } from 'vitest'
import { createApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { openOperator } from '../../src/operations/operator.ts'
import { createSecondInstance, createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { createTestClock } from '../support/clock.ts'
import { signIn, signUp } from '../support/story.ts'
import { codesOf } from '../support/tokens.ts'

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
