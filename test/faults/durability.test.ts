import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { checkDurability } from '../../drills/durability.ts'
import { checkStops } from '../../drills/stops.ts'
import { type Build, buildService } from '../support/built-service.ts'

const NOTHING = { lost: 0, doubled: 0, halves: 0, denied: 0 }

/** Short forms; the whole of it is `npm run drill -- kill`. */
describe('what was acknowledged', () => {
  let build: Build

  beforeAll(() => {
    build = buildService()
  }, 120_000)
  afterAll(() => build.remove())

  it.skipIf(inject('mariaDbUrl') === null)(
    'is there once and whole after kill -9 of the service and of MariaDB',
    async () => {
      const found = await checkDurability({ main: build.main, backend: 'mysql', writes: 300, kills: 3 })
      expect(found).toMatchObject({ ...NOTHING, kills: 3 })
      expect(found.acknowledged).toBeGreaterThanOrEqual(300)
    },
    180_000,
  )

  it('is there once and whole after kill -9 of a service on SQLite', async () => {
    const found = await checkDurability({ main: build.main, backend: 'sqlite', writes: 300, kills: 2 })
    expect(found).toMatchObject({ ...NOTHING, kills: 2 })
  }, 180_000)

  it('is the last word on SIGTERM: of 50 requests in progress all are answered, and the exit is 0', async () => {
    expect(await checkStops(build.main, 2)).toEqual({ stops: 2, inProgress: 100, answered: 100, clean: 2 })
  }, 120_000)
})
