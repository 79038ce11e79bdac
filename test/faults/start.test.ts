import { rmSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { type Build, buildService, Run, temporaryFolder } from '../support/built-service.ts'
import { TestClient } from '../support/client.ts'
import { hasNoMariaDb } from '../support/installed.ts'
import { createDatabase, startMariaDb, type TestMariaDb } from '../support/mariadb.ts'
import { freePort } from '../support/redis.ts'
import { signUpAdmin } from '../support/story.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'
import { type Fault, login, PATIENCE, readiness, register, timed, untilTrue } from './faults.ts'

describe.skipIf(hasNoMariaDb)('started while the database is away', () => {
  let database: TestMariaDb
  let proxy: TcpProxy
  let databaseUrl: string
  const apps: TestApp[] = []

  beforeAll(async () => {
    database = await startMariaDb()
    proxy = await TcpProxy.start(database.port)
  }, 60_000)
  afterEach(async () => {
    await Promise.all(apps.splice(0).map((app) => app.close()))
    await proxy.pass()
  })
  afterAll(async () => {
    await proxy.close()
    await database.stop()
  })

  async function start(env: Record<string, string> = {}): Promise<TestApp> {
    const app = await createTestApp({ backend: 'sqlite', env: { DATABASE_URL: databaseUrl, ...env } })
    apps.push(app)
    return app
  }

  const faults: Fault[] = [
    { name: 'down', begin: () => database.kill(), end: () => database.restart() },
    { name: 'frozen', begin: () => database.freeze(), end: () => database.thaw() },
    { name: 'two seconds slow', begin: () => proxy.slow(2000), end: () => proxy.pass() },
    { name: 'reset in mid-answer', begin: () => proxy.resetAnswers(), end: () => proxy.pass() },
    { name: 'a black hole', begin: () => proxy.blackHole(), end: () => proxy.pass() },
  ]

  it.each(faults)('and $name, it listens, answers SERVICE_UNAVAILABLE, and serves as soon as it can', async (fault) => {
    databaseUrl = proxy.through(await createDatabase(database.url))
    await fault.begin()
    const { result: app, ms } = await timed(() => start())
    expect(ms).toBeLessThan(3000 * PATIENCE)
    expect(await readiness(app)).toMatchObject({ code: 503, body: { status: 'unavailable' } })
    const calls = await Promise.all([
      login(app, 'admin'),
      register(app, 'somebody'),
      new TestClient(app.url, { token: 'a.b.c' }).run('{ me { id } }'),
      new TestClient(app.url).run('{ can(permission: USER_DELETE) { allowed } }'),
    ])
    for (const { codes, data } of calls) expect([codes, data]).toEqual([['SERVICE_UNAVAILABLE'], null])
    expect((await fetch(`${app.url}/.well-known/jwks.json`)).status).toBe(503)

    await fault.end()
    const healedMs = await untilTrue(10_000, async () => (await readiness(app)).code === 200)
    expect(healedMs).toBeLessThan(5000 * PATIENCE)
    expect(await app.ready).toBe(true)
    const chief = await signUpAdmin(app)
    expect(await chief.client.get('{ me { username } }')).toEqual({ me: { username: chief.username } })
  })

  it('it can be closed while it waits', async () => {
    databaseUrl = proxy.through(await createDatabase(database.url))
    await proxy.refuse()
    const app = await start()
    const { ms } = await timed(() => app.close())
    expect(ms).toBeLessThan(3000)
    expect(await app.ready).toBe(false)
    await expect(fetch(app.url)).rejects.toThrow()
  })

  it('it tells later what it would have refused at once', async () => {
    databaseUrl = proxy.through(await createDatabase(database.url))
    await proxy.refuse()
    const app = await start({ MIGRATE_ON_START: 'false' })
    await proxy.pass()
    await expect(app.ready).rejects.toThrow(/^Migrations are pending/)
    expect((await readiness(app)).code).toBe(503)
  })
})

describe.skipIf(hasNoMariaDb)('the process, started while the database is away', () => {
  let build: Build
  const folder = temporaryFolder()
  const runs: Run[] = []

  beforeAll(() => {
    build = buildService()
  }, 60_000)
  afterAll(async () => {
    await Promise.all(runs.map((run) => run.stop()))
    build.remove()
    rmSync(folder, { recursive: true, force: true })
  })

  async function start(env: Record<string, string> = {}) {
    const proxy = await TcpProxy.start(Number(new URL(inject('mariaDbUrl') ?? '').port))
    const DATABASE_URL = proxy.through(await createDatabase(inject('mariaDbUrl') ?? ''))
    await proxy.refuse()
    const port = await freePort()
    const run = new Run(build.main, [], { cwd: folder, env: { DATABASE_URL, PORT: String(port), ...env } })
    runs.push(run)
    const url = `http://127.0.0.1:${port}`
    const isWaiting = () =>
      readiness({ url }).then(
        ({ code }) => code === 503,
        () => false,
      )
    await untilTrue(20_000, isWaiting)
    return { run, proxy, url }
  }

  it('serves once the database is there, with its first administrator', async () => {
    const { run, proxy, url } = await start()
    await pause(1000)
    expect(run.stdout).not.toMatch(/Administrator created|"Ready"/)
    await proxy.pass()
    await run.ready()
    expect(run.stdout).toMatch(/^Administrator created: admin \S+$/m)
    expect((await readiness({ url })).code).toBe(200)
    run.child.kill('SIGTERM')
    expect(await run.exit).toBe(0)
    await proxy.close()
  })

  it('ends with exit 0 on SIGTERM, and with exit 1 and one line where the start is then refused', async () => {
    const stopped = await start()
    stopped.run.child.kill('SIGTERM')
    expect(await stopped.run.exit).toBe(0)
    const refused = await start({ MIGRATE_ON_START: 'false' })
    await refused.proxy.pass()
    expect(await refused.run.exit).toBe(1)
    expect(refused.run.stderr).toMatch(/^Migrations are pending: [^\n]*\n$/)
    await Promise.all([stopped.proxy.close(), refused.proxy.close()])
  })
})
