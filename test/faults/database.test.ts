import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { TestClient } from '../support/client.ts'
import { hasNoMariaDb } from '../support/installed.ts'
import { createDatabase, startMariaDb, type TestMariaDb } from '../support/mariadb.ts'
import { type Person, signIn, signUp, signUpAdmin } from '../support/story.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'
import { type Fault, login, PATIENCE, readiness, refresh, register, rename, timed, untilTrue } from './faults.ts'

/** Has a large answer, independent of the data. */
const LARGE = '{ me { username } __schema { types { name description fields { name description } } } }'

/** The promise: an answer within 2 s, and recovery within 5 s. */
const ANSWER_MS = 2000 * PATIENCE
const HEALING_MS = 5000

describe.skipIf(hasNoMariaDb)('while the database is away', () => {
  let database: TestMariaDb
  let proxy: TcpProxy
  let app: TestApp
  let person: Person
  let chief: Person

  beforeAll(async () => {
    database = await startMariaDb()
    proxy = await TcpProxy.start(database.port)
    const DATABASE_URL = proxy.through(await createDatabase(database.url))
    app = await createTestApp({ backend: 'sqlite', env: { DATABASE_URL } })
    person = await signUp(app)
    chief = await signUpAdmin(app)
  }, 60_000)
  afterAll(async () => {
    await app.close()
    await proxy.close()
    await database.stop()
  })

  const faults: Fault[] = [
    { name: 'killed', begin: () => database.kill(), end: () => database.restart() },
    { name: 'frozen', begin: () => database.freeze(), end: () => database.thaw() },
    { name: 'two seconds slow', begin: () => proxy.slow(2000), end: () => proxy.pass() },
    { name: 'reset in mid-answer', begin: () => proxy.resetAnswers(), end: () => proxy.pass() },
    { name: 'a black hole', begin: () => proxy.blackHole(), end: () => proxy.pass() },
    { name: 'refusing connections', begin: () => proxy.refuse(), end: () => proxy.pass() },
  ]

  describe.each(faults)('$name', ({ begin, end }) => {
    let revoked: Person
    let doomed: Person

    beforeAll(async () => {
      revoked = await signIn(app, person.username)
      doomed = await signIn(app, person.username)
      await revoked.client.get('mutation { logout { sessionId } }')
      // Opens several connections of the pool, as in a busy service.
      await Promise.all(Array.from({ length: 20 }, () => chief.client.get('{ users { totalCount } }')))
      await begin()
    }, 60_000)

    it.each([
      [' with a large answer', LARGE],
      ['', '{ me { username } }'],
    ])('answers SERVICE_UNAVAILABLE in time, to many at once%s as well', async (_, query) => {
      const ask = () => timed(() => person.client.run<{ me: object | null }, object>(query))
      const answers = [...(await Promise.all(Array.from({ length: 40 }, ask))), await ask(), await ask()]
      for (const { result, ms } of answers) {
        expect(result.codes).toEqual(['SERVICE_UNAVAILABLE'])
        expect(result.data).toMatchObject({ me: null })
        expect(ms).toBeLessThan(ANSWER_MS)
      }
    })

    it('neither reads nor writes, issues no token, and lets nobody in', async () => {
      const results = await Promise.all([
        timed(() => login(app, person.username)),
        timed(() => login(app, person.username, 'not the password')),
        timed(() => register(app, `new-${crypto.randomUUID()}`)),
        timed(() => refresh(app, doomed.refreshToken)),
        timed(() => rename(person.client, 'Lost')),
        timed(() => revoked.client.run('{ me { id } session { id } roles { name } }')),
        timed(() => chief.client.run('{ users { nodes { id } } activities { nodes { id } } }')),
        timed(() => person.client.run('{ can(permission: USER_DELETE) { allowed } }')),
      ])
      for (const { result, ms } of results) {
        expect(new Set(result.codes)).toEqual(new Set(['SERVICE_UNAVAILABLE']))
        expect(Object.values(result.data ?? {}).every((field) => field === null)).toBe(true)
        expect(ms).toBeLessThan(ANSWER_MS)
      }
    })

    it('refuses forged tokens as ever, and answers strangers what needs no database', async () => {
      const forged = await new TestClient(app.url, { token: `${person.accessToken}x` }).run('{ me { id } }')
      expect(forged.codes).toEqual(['UNAUTHENTICATED'])
      const stranger = await new TestClient(app.url).run('{ can(permission: USER_DELETE) { allowed reason } }')
      expect(stranger.data).toEqual({ can: { allowed: false, reason: 'UNAUTHENTICATED' } })
    })

    it('is alive and not ready', async () => {
      const { result, ms } = await timed(() => readiness(app))
      expect(result).toMatchObject({ code: 503, body: { status: 'unavailable', checks: { database: 'down' } } })
      expect(ms).toBeLessThan(ANSWER_MS)
      expect((await fetch(`${app.url}/health/live`)).status).toBe(200)
    })

    it('heals within 5 s without a restart, knows who was let out, and has written nothing', async () => {
      await end()
      const healedMs = await untilTrue(HEALING_MS * PATIENCE, async () => {
        const all = await Promise.all(Array.from({ length: 12 }, () => person.client.run('{ me { username } }')))
        return all.every(({ errors }) => errors.length === 0)
      })
      expect(healedMs).toBeLessThan(HEALING_MS)
      expect((await readiness(app)).body.status).toBe('ok')
      expect((await revoked.client.run('{ me { id } }')).codes).toEqual(['UNAUTHENTICATED'])
      expect(await person.client.get('{ me { displayName } }')).toEqual({ me: { displayName: null } })
      expect((await refresh(app, doomed.refreshToken)).codes).toEqual([])
      expect((await login(app, person.username)).data?.login?.accessToken).toBeTypeOf('string')
    })
  })

  it('closes in time', async () => {
    const second = await createTestApp({ backend: 'sqlite', env: app.env })
    await signIn(second, person.username)
    database.freeze()
    const { ms } = await timed(() => second.close())
    database.thaw()
    expect(ms).toBeLessThan(4000)
  })
})
