import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Build, buildService } from '../../test/support/built-service.ts'
import { hasNoHaproxy, hasNoMariaDb } from '../../test/support/installed.ts'
import { checkDurability } from './durability.ts'
import { checkMails } from './mails.ts'
import { checkRollingRestart } from './rolling.ts'
import { checkStops } from './stops.ts'

const NOTHING = { lost: 0, doubled: 0, halves: 0, denied: 0 }

let build: Build

beforeAll(() => {
  build = buildService()
}, 120_000)
afterAll(() => build.remove())

/** Short forms; the whole of it is `npm run drill -- kill`. */
describe('what was acknowledged', () => {
  it.skipIf(hasNoMariaDb)(
    'is there once and whole after kill -9 of the service and of MariaDB',
    async () => {
      const found = await checkDurability({ main: build.main, backend: 'mysql', writes: 200, kills: 2 })
      expect(found).toMatchObject({ ...NOTHING, kills: 2 })
      expect(found.acknowledged).toBeGreaterThanOrEqual(200)
    },
    180_000,
  )

  it('is there once and whole after kill -9 of a service on SQLite', async () => {
    const found = await checkDurability({ main: build.main, backend: 'sqlite', writes: 200, kills: 2 })
    expect(found).toMatchObject({ ...NOTHING, kills: 2 })
  }, 180_000)

  it.skipIf(hasNoMariaDb)(
    'is all that was done when SIGTERM ends a service amid writes, with exit 0',
    async () => {
      const options = { main: build.main, backend: 'mysql', signal: 'SIGTERM', writes: 150, kills: 1 } as const
      expect(await checkDurability(options)).toMatchObject({ ...NOTHING, untold: 0, kills: 1, clean: 1 })
    },
    180_000,
  )

  it('is told by mail, also after kill -9: none is lost, and at most the one being sent is doubled', async () => {
    const found = await checkMails({ main: build.main, backend: 'sqlite', mails: 40, kills: 2, endLeases: true })
    expect(found).toMatchObject({ lost: 0, unfounded: 0, kills: 2 })
    expect(found.doubled).toBeLessThanOrEqual(2)
  }, 120_000)

  it('is answered before SIGTERM ends a service: of 50 requests in progress all are, and the exit is 0', async () => {
    const found = await checkStops(build.main, 2)
    expect(found).toMatchObject({ unanswered: 0, exits: [0, 0] })
    expect(found.inProgress).toBeGreaterThanOrEqual(50)
  }, 120_000)
})

/** The whole of it is `npm run drill -- rolling`. */
it.skipIf(hasNoHaproxy)(
  'behind HAProxy two instances are restarted in turn, and no request fails',
  async () => {
    const options = { main: build.main, drainSeconds: 2, rounds: 1, requestsPerSecond: 30 }
    expect(await checkRollingRestart(options)).toEqual({ requests: expect.any(Number), failures: {}, exits: [0, 0] })
  },
  120_000,
)
