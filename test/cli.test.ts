import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Build, buildService, post, Run, temporaryFolder } from './support/built-service.ts'
import { isMissing } from './support/server-process.ts'

const LOGIN = 'mutation($input: LoginInput!) { login(input: $input) { user { username role { name } } } }'
const COMMANDS = [
  'migrate',
  'migrate:status',
  'create-admin',
  'keys:rotate',
  'keys:list',
  'keys:reset',
  'prune',
  'import',
  'import-flask',
  'export',
  'demo-data',
  'doctor',
]
/** `script` runs a command at a terminal. */
const hasNoTerminal = isMissing('script', 'commands at a terminal')
const PASSWORD = '  correct horse battery staple  '

let build: Build
let folder: string
let service: Run
let url: string

beforeAll(async () => {
  build = buildService()
  folder = temporaryFolder()
  service = new Run(build.main, [], { cwd: folder })
  url = await service.ready()
}, 60_000)
afterAll(async () => {
  expect(service.child.exitCode).toBeNull()
  await service.stop()
  rmSync(folder, { recursive: true, force: true })
  build.remove()
})

async function command(args: string[], input?: string | Buffer, env: Record<string, string> = {}, cwd = folder) {
  const run = new Run(build.cli, args, { cwd, env, input })
  const code = await run.exit
  expect(run.stderr).not.toMatch(/^\s+at |node:internal/m)
  return { code, out: run.stdout, err: run.stderr }
}

function admin(username: string, email: string): string[] {
  return ['create-admin', '--username', username, '--email', email, '--password-stdin']
}

describe('while the service runs', () => {
  test('create-admin takes the first line of standard input, white space included; the account can sign in at once', async () => {
    const { code, out, err } = await command(admin('second', 'second@example.com'), `${PASSWORD}\r\nmore\n`)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(/^Administrator created: [0-9a-f-]{36}\n$/)
    const login = await post(url, LOGIN, { input: { identifier: 'second', password: PASSWORD } })
    expect(login.body).toMatchObject({ data: { login: { user: { username: 'second', role: { name: 'admin' } } } } })
    const trimmed = await post(url, LOGIN, { input: { identifier: 'second', password: PASSWORD.trim() } })
    expect(trimmed.body).toMatchObject({ errors: [{ extensions: { code: 'INVALID_CREDENTIALS' } }] })
  })

  test('create-admin takes no byte order mark for a part of the password', async () => {
    const { code, err } = await command(admin('marked', 'marked@example.com'), `\ufeff${PASSWORD}\r\n`)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const login = await post(url, LOGIN, { input: { identifier: 'marked', password: PASSWORD } })
    expect(login.body).toMatchObject({ data: { login: { user: { username: 'marked' } } } })
  })

  test.each([
    ['little-endian, marked', Buffer.from(`\ufeff${PASSWORD}\r\n`, 'utf16le')],
    ['little-endian', Buffer.from(`${PASSWORD}\r\n`, 'utf16le')],
    ['big-endian, marked', Buffer.from(`\ufeff${PASSWORD}\r\n`, 'utf16le').swap16()],
    ['big-endian', Buffer.from(`${PASSWORD}\r\n`, 'utf16le').swap16()],
  ])('create-admin refuses a password in UTF-16 plainly: %s', async (_, input) => {
    const { code, err } = await command(admin('wide', 'wide@example.com'), input)
    expect({ code, err }).toEqual({ code: 1, err: 'The password on standard input must be UTF-8, and is UTF-16.\n' })
  })

  test('create-admin names every fault in one line, and repeats no password', async () => {
    const { code, out, err } = await command(admin('a', 'nobody'), 'hunter2\n')
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toMatch(/^[^\n]*username[^\n]*email[^\n]*password[^\n]*\n$/)
    expect(err).not.toContain('hunter2')
  })

  test('create-admin refuses a name that is taken', async () => {
    await command(admin('third', 'third@example.com'), PASSWORD)
    expect(await command(admin('THIRD', 'other@example.com'), PASSWORD)).toEqual({
      code: 1,
      out: '',
      err: 'This username is already taken.\n',
    })
  })

  test.each([
    [['create-admin', '--username', 'x1x', '--email', 'x1x@example.com'], PASSWORD, /--password-stdin/],
    [admin('x2x', 'x2x@example.com'), '', /No password/],
    [admin('x3x', 'x3x@example.com'), '\n', /No password/],
  ])('%j without a password fails plainly', async (args, input, message) => {
    const { code, err } = await command(args, input)
    expect(code).toBe(1)
    expect(err).toMatch(message)
    expect(err.trimEnd().split('\n')).toHaveLength(1)
  })

  // The prompt needs a terminal, which `script` of util-linux provides; not every system has it.
  test.skipIf(hasNoTerminal)('create-admin asks for the password at a terminal, without showing it', async () => {
    const line = [
      process.execPath,
      build.cli,
      'create-admin',
      '--username',
      'typed',
      '--email',
      'typed@example.com',
    ].join(' ')
    const terminal = spawn('script', ['-qec', line, '/dev/null'], {
      cwd: folder,
      env: { PATH: process.env.PATH },
      stdio: 'pipe',
    })
    let shown = ''
    terminal.stdout.on('data', (text) => {
      shown += String(text)
      if (shown.endsWith('Password: ')) terminal.stdin.write(`${PASSWORD}\r`)
    })
    const [code] = await once(terminal, 'close')
    expect(code).toBe(0)
    expect(shown).toMatch(/Administrator created/)
    expect(shown).not.toContain('horse')
    const login = await post(url, LOGIN, { input: { identifier: 'typed', password: PASSWORD } })
    expect(login.body).toMatchObject({ data: { login: { user: { username: 'typed' } } } })
  })

  test('migrate and migrate:status', async () => {
    expect(await command(['migrate'])).toEqual({ code: 0, out: '', err: '' })
    const { code, out } = await command(['migrate:status'])
    expect(code).toBe(0)
    expect(out).toMatch(/^(\d{4}-\d\d-\d\dT\S+Z {2}Migration\d+\S*\n)+$/)
  })

  test('keys:rotate adds a key that signs in 5 minutes, and keys:list shows it', async () => {
    const before = (await command(['keys:list'])).out.trimEnd().split('\n')
    const { code, out } = await command(['keys:rotate'])
    expect(code).toBe(0)
    const [, kid, from] = /^New key: (\S+), signs from (\S+)\n$/.exec(out) ?? []
    expect(Math.abs(new Date(from ?? '').getTime() - Date.now() - 300_000)).toBeLessThan(6_000)
    const after = (await command(['keys:list'])).out.trimEnd().split('\n')
    expect(after).toHaveLength(before.length + 1)
    expect(after.join()).toContain(kid)
    expect(after.join()).not.toMatch(/"d"|private/)
  })

  test('prune says what it removed; activity only when asked', async () => {
    expect(await command(['prune'])).toEqual({
      code: 0,
      out: 'Removed: 0 sessions, 0 keys, 0 activities, 0 deliveries, 0 tokens of mails, 0 API keys\n',
      err: '',
    })
    const { code, out } = await command(['prune', '--activities-older-than', '0'])
    expect(code).toBe(0)
    expect(out).toMatch(
      /^Removed: 0 sessions, 0 keys, [1-9]\d* activities, 0 deliveries, 0 tokens of mails, 0 API keys\n$/,
    )
  })
})

describe('import and export', () => {
  const lineOf = (username: string, more: object = {}) =>
    `${JSON.stringify({ username, email: `${username}@example.com`, ...more })}\n`

  test('work beside the service, read a file or standard input, and write nothing more where there is no terminal', async () => {
    writeFileSync(join(folder, 'two.jsonl'), lineOf('from-file-1') + lineOf('from-file-2'))
    const summary = '2 imported, 0 updated, 0 skipped, 0 refused\n'
    expect(await command(['import', 'two.jsonl'])).toEqual({ code: 0, out: summary, err: '' })
    const again = await command(['import', '-', '--json'], lineOf('from-file-1') + lineOf('from-file-2'))
    expect({ code: again.code, err: again.err }).toEqual({ code: 0, err: '' })
    expect(JSON.parse(again.out)).toMatchObject({ faults: [], imported: 0, skipped: 2, failed: 0 })
    const { code, out, err } = await command(['export', '--activities'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const records = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(records.map(({ username }) => username)).toEqual(expect.arrayContaining(['from-file-1', 'second']))
    expect(records.at(-1)).toMatchObject({ activity: { action: expect.any(String) } })
  })

  test('a line with a fault is told by its number, and the exit status is 1', async () => {
    const hash = 'd41d8cd98f00b204e9800998ecf8427e'
    const told = await command(['import', '-'], lineOf('first-line') + lineOf('second-line', { password_hash: hash }))
    expect(told.code).toBe(1)
    expect(told.err).toMatch(/^line 2: password_hash: [^\n]+\n$/)
    expect(told.err).not.toContain(hash)
    const conflict = lineOf('ADMIN')
    expect((await command(['import', '-'], conflict)).code).toBe(1)
    expect((await command(['import', '-', '--on-conflict', 'skip'], conflict)).code).toBe(0)
    expect(await command(['import', 'missing.jsonl'])).toEqual({
      code: 1,
      out: '',
      err: 'The file cannot be read (ENOENT).\n',
    })
    const flask = ['import-flask', '--database-url', 'mysql://u:hunter2@127.0.0.1:1/x']
    expect(await command(flask)).toMatchObject({ code: 1, err: expect.not.stringMatching(/hunter2|127\.0/) })
  })

  test('killed amid its work, an import goes on when it is run again', async () => {
    const lines = Array.from({ length: 6_000 }, (_, number) => lineOf(`killed${number}`)).join('')
    writeFileSync(join(folder, 'many.jsonl'), lines)
    const first = new Run(build.cli, ['import', 'many.jsonl'], { cwd: folder })
    const kept = () =>
      Number(
        new DatabaseSync(join(folder, 'data/gatehouse.db'), { readOnly: true })
          .prepare("select count(*) as total from users where username like 'killed%'")
          .get()?.total,
      )
    await expect.poll(kept, { timeout: 20_000, interval: 20 }).toBeGreaterThan(0)
    await first.stop()
    const before = kept()
    expect(before).toBeLessThan(6_000)
    const { code, out } = await command(['import', 'many.jsonl', '--json'])
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ imported: 6_000 - before, skipped: before, failed: 0 })
  })

  test.skipIf(hasNoTerminal)('an import shows how far it is at a terminal', async () => {
    writeFileSync(
      join(folder, 'bar.jsonl'),
      Array.from({ length: 600 }, (_, number) => lineOf(`bar${number}`)).join(''),
    )
    const line = [process.execPath, build.cli, 'import', 'bar.jsonl'].join(' ')
    const { stdout } = spawnSync('script', ['-qec', line, '/dev/null'], {
      cwd: folder,
      env: { PATH: process.env.PATH },
    })
    expect(String(stdout)).toMatch(/\d+ % \| .*left/)
    expect(String(stdout)).toContain('600 imported')
  })
})

test('doctor exits with 1 where something is wrong, and tells it as JSON where asked', async () => {
  const well = await command(['doctor', '--json'])
  expect(well).toMatchObject({ code: 0, err: '' })
  expect(JSON.parse(well.out)).toMatchObject({
    ok: true,
    checks: expect.arrayContaining([{ check: 'migrations', status: 'ok', message: expect.any(String) }]),
  })
  const ill = await command(['doctor'], undefined, { PORT: 'x' })
  expect(ill).toMatchObject({ code: 1, err: '' })
  expect(ill.out).toMatch(/^fault {3}settings: PORT must be/)
})

test.each(COMMANDS)('%s --help tells what it does', async (name) => {
  const { code, out } = await command([name, '--help'])
  expect(code).toBe(0)
  expect(out).toMatch(new RegExp(`^Usage: gatehouse ${name} \\[options\\]`))
})

test('--help lists the commands', async () => {
  const { code, out } = await command(['--help'])
  expect(code).toBe(0)
  for (const name of COMMANDS) expect(out).toContain(`  ${name} `)
})

test.each([
  [[]],
  [['unknown']],
  [['prune', '--activities-older-than', '-1']],
  [['create-admin', '--username', 'x']],
  [['migrate', '--nonsense']],
  [['import']],
  [['import', '-', '--on-conflict', 'replace']],
  [['import-flask']],
  [['demo-data', '--users', '-1']],
])('%j is a fault of usage: exit 1, help on stderr', async (args) => {
  const { code, out, err } = await command(args)
  expect({ code, out }).toEqual({ code: 1, out: '' })
  expect(err).toMatch(/Usage|--help/)
})

test('the settings are checked as for the service', async () => {
  const { code, err } = await command(['keys:list'], undefined, { DATABASE_URL: 'nonsense', PORT: 'x' })
  expect(code).toBe(1)
  expect(err).toMatch(/DATABASE_URL[^\n]*\n/)
  expect(err).toMatch(/PORT[^\n]*\n/)
  expect(err).not.toContain('nonsense')
})

test('a database that is away is told in one line, without its address', async () => {
  const env = { DATABASE_URL: 'mysql://gate:hunter2-secret@127.0.0.1:1/gatehouse' }
  const { code, err } = await command(['keys:list'], undefined, env)
  expect(code).toBe(1)
  expect(err).toMatch(/^The database is not available[^\n]*\n$/)
  expect(err).not.toMatch(/hunter2|127\.0\.0\.1/)
})

test('migrate makes a new database, and says what it ran', async () => {
  const empty = temporaryFolder()
  const env = { MIGRATE_ON_START: 'false', DATABASE_URL: 'sqlite:new.db' }
  const status = await command(['migrate:status'], undefined, env, empty)
  expect(status.out).toMatch(/^pending +Migration/)
  expect((await command(['keys:list'], undefined, env, empty)).err).toMatch(/^Migrations are pending/)
  const { code, out } = await command(['migrate'], undefined, env, empty)
  expect(code).toBe(0)
  expect(out).toMatch(/^(Migrated: Migration\S+\n)+$/)
  expect((await command(['keys:list'], undefined, env, empty)).code).toBe(0)
  rmSync(empty, { recursive: true })
})
