import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { nodeVersionFault } from '../src/process/node-version.ts'
import { type Build, buildService, post, Run, type RunOptions, temporaryFolder } from './support/built-service.ts'
import { OtlpReceiver } from './support/otlp-receiver.ts'

const LOGIN = 'mutation($input: LoginInput!) { login(input: $input) { accessToken user { username role { name } } } }'
const ADMIN_LINE = /^Administrator created: admin (\S+)$/gm
/** Slow hashes, so that a login is in progress when the signal arrives. */
const SLOW_HASH = { PASSWORD_HASH_ITERATIONS: '150' }

let build: Build
let folder: string
const runs: Run[] = []

beforeAll(() => {
  build = buildService()
}, 60_000)
afterAll(() => build.remove())
beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(async () => {
  await Promise.all(runs.splice(0).map((run) => run.stop()))
  rmSync(folder, { recursive: true, force: true })
})

function start(env: Record<string, string> = {}, options: Partial<RunOptions> = {}): Run {
  const run = new Run(build.main, [], { cwd: folder, env, ...options })
  runs.push(run)
  return run
}

function adminPasswords(run: Run): string[] {
  return [...run.stdout.matchAll(ADMIN_LINE)].map(([, password]) => password ?? '')
}

async function refused(env: Record<string, string>, options: Partial<RunOptions> = {}): Promise<string> {
  const run = start(env, options)
  expect(await run.exit).toBe(1)
  expect(run.stderr).not.toMatch(/^\s+at |node:internal|Error:/m)
  return run.stderr
}

/** Makes a run write what it has loaded, to be read after its end. */
function listLoaded(): { nodeArguments: string[]; read: () => string } {
  writeFileSync(
    join(folder, 'loaded.mjs'),
    `import { writeFileSync } from 'node:fs'
    import { Module, registerHooks } from 'node:module'
    const urls = []
    registerHooks({ load: (url, context, next) => { urls.push(url); return next(url, context) } })
    const loaded = () => [...process.moduleLoadList, ...Object.keys(Module._cache), ...urls].join('\\n')
    process.on('exit', () => writeFileSync('loaded.txt', loaded()))`,
  )
  const read = () => readFileSync(join(folder, 'loaded.txt'), 'utf8')
  return { nodeArguments: ['--import', join(folder, 'loaded.mjs')], read }
}

test('what a service does not use is not loaded', async () => {
  const { nodeArguments, read } = listLoaded()
  const run = start({}, { nodeArguments })
  await post(await run.ready(), LOGIN, { input: { identifier: 'nobody', password: 'wrong' } })
  run.child.kill('SIGTERM')
  await run.exit
  const loaded = read()
  expect(loaded).toMatch(/ _http_server$/m)
  expect(loaded).toMatch(/node_modules\/fastify\//)
  expect(loaded).toMatch(/node_modules\/jose\//)
  // Fastify's requests without a network, reports to Apollo, and what is not configured: Redis, metrics, traces.
  expect(loaded).not.toMatch(/\/(light-my-request|usage-reporting-protobuf|@redis|prom-client|@opentelemetry)\//)
  expect(loaded).not.toMatch(/\/(open-telemetry|prometheus)\.js/)
})

describe('traces', () => {
  test('are on by OTEL_EXPORTER_OTLP_ENDPOINT alone, and a stop sends the last ones', async () => {
    const receiver = await OtlpReceiver.start()
    const { nodeArguments, read } = listLoaded()
    const run = start({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_SERVICE_NAME: 'accounts' }, { nodeArguments })
    await post(await run.ready(), LOGIN, { input: { identifier: 'nobody', password: 'wrong' } })
    run.child.kill('SIGTERM')
    expect(await run.exit).toBe(0)
    await receiver.close()
    expect(read()).toMatch(/node_modules\/@opentelemetry\/sdk-node\//)
    expect(receiver.requests[0]).toMatchObject({
      url: '/v1/traces',
      headers: { 'content-type': 'application/x-protobuf' },
    })
    for (const text of ['POST /graphql', 'login', 'select users', 'accounts'])
      expect(receiver.bodies.join()).toContain(text)
    expect(run.lines().map(({ msg }) => msg)).toEqual(['Ready', 'request completed', 'Stopping'])
  })

  test.each([
    ['that is frozen', () => OtlpReceiver.start({ isFrozen: true })],
    ['that is away', async () => ({ url: 'http://127.0.0.1:1', close: async (): Promise<void> => undefined })],
  ])('that no receiver takes, or one %s, hold up neither requests nor the stop', async (_, startReceiver) => {
    const receiver = await startReceiver()
    const { url: endpoint } = receiver
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      OTEL_BSP_SCHEDULE_DELAY: '10',
      OTEL_BSP_MAX_QUEUE_SIZE: '8',
      OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '8',
    }
    const run = start(env)
    const url = await run.ready()
    for (let request = 0; request < 50; request += 1) expect((await post(url, '{ __typename }')).status).toBe(200)
    run.child.kill('SIGTERM')
    expect(await run.exit).toBe(0)
    await receiver.close()
    const warnings = run.lines().filter(({ msg }) => String(msg).startsWith('OpenTelemetry'))
    expect(warnings.length).toBeLessThan(2)
    expect(run.stdout).not.toContain(endpoint.replace('http://', ''))
    expect(run.stderr).toBe('')
  })
})

describe('the first start', () => {
  test('makes the secret, the database and one administrator, whose password is printed once', async () => {
    const run = start()
    const url = await run.ready()
    const [password = '', ...others] = adminPasswords(run)
    expect(others).toEqual([])
    expect(statSync(join(folder, 'data/secret')).mode & 0o777).toBe(0o600)
    expect(readdirSync(join(folder, 'data')).filter((name) => !name.startsWith('gatehouse.db'))).toEqual(['secret'])
    expect(run.stderr).toBe('')
    expect(run.stdout.split('\n').filter((line) => line !== '' && !line.startsWith('{'))).toHaveLength(1)
    expect(JSON.stringify(run.lines())).not.toContain(password)
    const { body } = await post(url, LOGIN, { input: { identifier: 'admin', password } })
    expect(body).toMatchObject({ data: { login: { user: { username: 'admin', role: { name: 'admin' } } } } })

    await run.stop()
    const again = start()
    const login = await post(await again.ready(), LOGIN, { input: { identifier: 'admin@example.com', password } })
    expect(login.body).toMatchObject({ data: { login: { user: { role: { name: 'admin' } } } } })
    expect(adminPasswords(again)).toEqual([])
  })

  test('done by two at once: one creates and prints, and each accepts what the other signs', async () => {
    const pair = [start(), start()]
    const urls = await Promise.all(pair.map((run) => run.ready()))
    const [password = '', ...others] = pair.flatMap(adminPasswords)
    expect(others).toEqual([])
    const { body } = await post(urls[0] ?? '', LOGIN, { input: { identifier: 'admin', password } })
    const token = (body as { data: { login: { accessToken: string } } }).data.login.accessToken
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
    const answer = await fetch(urls[1] ?? '', {
      method: 'POST',
      headers,
      body: JSON.stringify({ query: '{ me { username } }' }),
    })
    expect(await answer.json()).not.toHaveProperty('errors')
  })

  test('in production creates nobody (ASVS 6.3.2)', async () => {
    const env = { NODE_ENV: 'production', SECRET_KEY: randomBytes(32).toString('hex'), MIGRATE_ON_START: 'true' }
    const run = start({ ...env, HOST: '127.0.0.1' })
    await run.ready()
    expect(adminPasswords(run)).toEqual([])
    expect(existsSync(join(folder, 'data/secret'))).toBe(false)
  })
})

describe('the Ready line names the address for', () => {
  test.each([
    ['127.0.0.1', /^http:\/\/localhost:\d+\/graphql$/],
    // Not every system's localhost is ::1 too.
    ['::1', /^http:\/\/(localhost|\[::1\]):\d+\/graphql$/],
    ['localhost', /^http:\/\/localhost:\d+\/graphql$/],
    ['::', /^http:\/\/localhost:\d+\/graphql$/],
    ['127.0.0.5', /^http:\/\/127\.0\.0\.5:\d+\/graphql$/],
  ])('HOST=%s', async (HOST, expected) => {
    const url = await start({ HOST }).ready()
    expect(url).toMatch(expected)
    expect((await post(url, '{ __typename }')).body).toEqual({ data: { __typename: 'Query' } })
  })
})

test('a start warns of a variable whose name is near one that is read, without its value', async () => {
  const run = start({ CORS_ORIGIN: 'https://hunter2.example', REDIS_HOST: 'hunter2', PORTS: '1' })
  await run.ready()
  expect(run.lines().filter(({ level }) => level === 40)).toEqual([
    expect.objectContaining({ msg: 'Unknown variable CORS_ORIGIN is ignored; is CORS_ORIGINS meant?' }),
  ])
  expect(run.stdout).not.toContain('hunter2')
})

describe('a start is refused, in plain words and with exit 1,', () => {
  test('for faults of the settings, all at once, before anything is made', async () => {
    const text = await refused({ PORT: 'x', LOG_LEVEL: 'loud', CORS_ORIGINS: '*', REDIS_URL: 'hunter2' })
    expect(
      text
        .split('\n')
        .slice(1, -1)
        .map((line) => line.trim().split(' ')[0]),
    ).toEqual(['PORT', 'CORS_ORIGINS', 'REDIS_URL', 'LOG_LEVEL'])
    expect(text).not.toContain('hunter2')
    expect(readdirSync(folder)).toEqual([])
  })

  test('on a port that is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const text = await refused({ PORT: String((other.address() as AddressInfo).port) })
    other.close()
    expect(text).toMatch(/^[^\n]*EADDRINUSE[^\n]*\n$/)
    expect(readdirSync(folder)).toEqual([])
  })

  test('with another SECRET_KEY than the signing keys were encrypted with', async () => {
    const run = start({ SECRET_KEY: randomBytes(32).toString('hex') })
    await run.ready()
    await run.stop()
    const key = randomBytes(32).toString('hex')
    const text = await refused({ SECRET_KEY: key })
    expect(text).toMatch(/^[^\n]*SECRET_KEY[^\n]*\n$/)
    expect(text).not.toContain(key)
  })

  test('with the secret lost and the database kept: no new secret is written, and both ways out work', async () => {
    const secret = join(folder, 'data/secret')
    const first = start()
    const url = await first.ready()
    const [password = ''] = adminPasswords(first)
    const input = { identifier: 'admin', password }
    const tokens = 'mutation($input: LoginInput!) { login(input: $input) { refreshToken } }'
    const { body } = await post(url, tokens, { input })
    const { refreshToken } = (body as { data: { login: { refreshToken: string } } }).data.login
    await first.stop()
    const old = readFileSync(secret, 'utf8')
    rmSync(secret)
    const text = await refused({})
    expect(text).toMatch(
      /^data\/secret is missing[^\n]*npm run gatehouse -- keys:reset --yes[^\n]*every session[^\n]*\n$/,
    )
    expect(readdirSync(join(folder, 'data')).filter((name) => !name.startsWith('gatehouse.db'))).toEqual([])

    const again = start({ SECRET_KEY: old.trim() })
    await again.ready()
    await again.stop()
    const reset = async (...args: string[]) => {
      const command = new Run(build.cli, ['keys:reset', ...args], { cwd: folder })
      return { code: await command.exit, out: command.stdout, err: command.stderr }
    }
    expect(await reset()).toEqual({
      code: 1,
      out: '',
      err: expect.stringMatching(/^Every session would end[^\n]*--yes[^\n]*\n$/),
    })
    expect(existsSync(secret)).toBe(false)
    expect(await reset('--yes')).toEqual({
      code: 0,
      out: expect.stringMatching(/^New key: \S+\nSessions ended: 1\n$/),
      err: '',
    })
    expect(readFileSync(secret, 'utf8')).not.toBe(old)
    const newUrl = await start().ready()
    const refresh = 'mutation($input: RefreshInput!) { refresh(input: $input) { accessToken } }'
    expect((await post(newUrl, refresh, { input: { refreshToken } })).body).toMatchObject({
      errors: [{ extensions: { code: 'REFRESH_TOKEN_INVALID' } }],
    })
    expect((await post(newUrl, LOGIN, { input })).body).toMatchObject({
      data: { login: { user: { username: 'admin' } } },
    })
  }, 90_000)

  test('with pending migrations that it may not run', async () => {
    expect(await refused({ MIGRATE_ON_START: 'false' })).toMatch(/^Migrations are pending: [^\n]*\n$/)
  })

  test('where data/ cannot be made', async () => {
    writeFileSync(join(folder, 'data'), '')
    expect(await refused({})).toMatch(/SECRET_KEY/)
  })
})

describe('Node', () => {
  test.each(['22.18.0', '22.21.1', '23.0.0', '24.21.0', '26.10.0'])('%s will do', (version) => {
    expect(nodeVersionFault(version)).toBeNull()
  })

  test.each(['22.17.1', '20.20.2', '18.0.0', '8.1.0', ''])('%s is too old', (version) => {
    expect(nodeVersionFault(version)).toMatch(/^Gatehouse needs Node 22\.18 or newer; /)
  })

  // Runs only on a machine that has an old Node; the check itself is tested above.
  const old = '/usr/bin/node'
  const version = existsSync(old) ? spawnSync(old, ['--version'], { encoding: 'utf8' }).stdout.slice(1).trim() : ''

  test.skipIf(version === '' || nodeVersionFault(version) === null)(
    'of the system, when too old, says so in one line',
    async () => {
      expect(await refused({}, { node: old })).toBe(`${nodeVersionFault(version)}\n`)
      const command = new Run(build.cli, ['migrate'], { cwd: folder, node: old })
      expect(await command.exit).toBe(1)
      expect(command.stderr).toBe(`${nodeVersionFault(version)}\n`)
    },
  )
})

describe('the end', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    'by %s: what runs is answered, new requests get 503, exit 0',
    async (signal) => {
      const run = start(SLOW_HASH)
      const url = await run.ready()
      const login = post(url, LOGIN, { input: { identifier: 'admin', password: adminPasswords(run)[0] } })
      await new Promise((resolve) => setTimeout(resolve, 100))
      run.child.kill(signal)
      await waitFor(async () => (await post(url, '{ __typename }')).status === 503)
      expect((await login).body).toMatchObject({ data: { login: { user: { username: 'admin' } } } })
      expect(await run.exit).toBe(0)
      expect(run.lines()).toContainEqual(expect.objectContaining({ msg: 'Stopping', signal }))
    },
  )

  test('by SIGTERM with DRAIN_SECONDS: requests are served meanwhile, readiness is 503, exit 0', async () => {
    const run = start({ DRAIN_SECONDS: '2' })
    const url = await run.ready()
    const begin = performance.now()
    run.child.kill('SIGTERM')
    await waitFor(async () => (await fetch(url.replace('graphql', 'health/ready'))).status === 503)
    expect(await post(url, '{ __typename }')).toEqual({ status: 200, body: { data: { __typename: 'Query' } } })
    expect(await run.exit).toBe(0)
    expect(performance.now() - begin).toBeGreaterThan(1_900)
  })

  test('by a second signal while it still serves: at once, exit 1', async () => {
    const run = start({ DRAIN_SECONDS: '600' })
    const url = await run.ready()
    run.child.kill('SIGTERM')
    await waitFor(async () => (await fetch(url.replace('graphql', 'health/ready'))).status === 503)
    run.child.kill('SIGTERM')
    expect(await run.exit).toBe(1)
  })

  test('by a second signal: at once, exit 1', async () => {
    const run = start(SLOW_HASH)
    const url = await run.ready()
    const login = post(url, LOGIN, { input: { identifier: 'admin', password: 'wrong' } })
    login.catch(() => undefined)
    await new Promise((resolve) => setTimeout(resolve, 100))
    run.child.kill('SIGTERM')
    await waitFor(async () => (await post(url, '{ __typename }')).status === 503)
    run.child.kill('SIGTERM')
    expect(await run.exit).toBe(1)
    await expect(login).rejects.toThrow()
  })

  test('by a fault that nobody caught: it is logged without secrets, exit 1', async () => {
    const fault = "new Error('lost mysql://gate:hunter2@db/x')"
    writeFileSync(join(folder, 'fault.mjs'), `process.once('SIGUSR2', () => { Promise.reject(${fault}) })`)
    const run = start({}, { nodeArguments: ['--import', join(folder, 'fault.mjs')] })
    await run.ready()
    run.child.kill('SIGUSR2')
    expect(await run.exit).toBe(1)
    expect(run.lines()).toContainEqual(
      expect.objectContaining({ level: 60, err: expect.objectContaining({ type: 'Error' }) }),
    )
    expect(run.stdout + run.stderr).not.toContain('hunter2')
  })

  test('does not come when nobody reads its output any more', async () => {
    const run = start({ LOG_LEVEL: 'trace' })
    const url = await run.ready()
    run.child.stdout?.destroy()
    run.child.stderr?.destroy()
    for (let round = 0; round < 20; round += 1) expect((await post(url, '{ __typename }')).status).toBe(200)
    run.child.kill('SIGTERM')
    expect(await run.exit).toBe(0)
  })
})

test('LOG_FILE gets the same lines as standard output, and a folder that is no folder hinders nothing', async () => {
  mkdirSync(join(folder, 'logs'))
  const run = start({ LOG_FILE: 'logs/app.log' })
  await run.ready()
  run.child.kill('SIGTERM')
  expect(await run.exit).toBe(0)
  const logged = run.stdout.split('\n').filter((line) => line.startsWith('{'))
  expect(readFileSync(join(folder, 'logs/app.log'), 'utf8').trim().split('\n')).toEqual(logged)

  writeFileSync(join(folder, 'file'), '')
  const hindered = start({ LOG_FILE: 'file/app.log' })
  expect((await post(await hindered.ready(), '{ __typename }')).status).toBe(200)
  await waitFor(async () => hindered.lines().some(({ msg }) => msg === 'Log file not written'))
})

async function waitFor(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 5000
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error('It did not come.')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
