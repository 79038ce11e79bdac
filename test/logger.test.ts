import { spawn, spawnSync } from 'node:child_process'
import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { MikroORM } from '@mikro-orm/sqlite'
import { buildSchema, graphql } from 'graphql'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createLogger } from '../src/logger.ts'
import { LogFile } from '../src/logging/log-file.ts'
import { type LogStream, openStdout } from '../src/logging/log-stream.ts'

const SECRET = 'hunter2-is-the-secret'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-log-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function capture(hidden: string[] = []) {
  const lines: string[] = []
  const log = createLogger({ level: 'trace', file: undefined, hidden }, { write: (line) => lines.push(line) })
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? '') }
}

/** What is still in use: garbage would hide it. */
function heldBytes(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().heapUsed
}

function flushed(stream: LogStream): Promise<void> {
  return new Promise((resolve) => stream.flush?.(resolve))
}

async function rejectionOf(work: Promise<unknown>): Promise<Error> {
  const outcome: unknown = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!(outcome instanceof Error)) throw new Error('It was expected to fail.')
  return outcome
}

describe('secrets', () => {
  const names = [
    'authorization',
    'cookie',
    'set-cookie',
    'password',
    'currentPassword',
    'newPassword',
    'refreshToken',
    'accessToken',
    'csrfToken',
    'x-csrf-token',
    'secret',
    'key',
    'privateKey',
    'databaseUrl',
    'variables',
    'input',
    'passwordHash',
  ]

  test.each(names)('%s is redacted, however deep', (name) => {
    const { log, lines } = capture()
    log.info({ [name]: SECRET }, 'flat')
    log.info({ a: { b: [{ c: { [name]: { inner: SECRET } } }] } }, 'deep')
    log.info({ a: { b: { c: { d: { e: { f: { [name]: SECRET } } } } } } }, 'deeper')
    expect(lines.join('')).not.toContain('hunter2')
    expect(lines).toHaveLength(3)
    expect(JSON.parse(lines[0] ?? '')[name]).toBe('[Redacted]')
  })

  test.each(['authorization', 'cookie', 'password', 'refreshToken', 'accessToken', 'csrfToken'])(
    '%s is redacted in the bindings of a child logger',
    (name) => {
      const { log, lines } = capture()
      log.child({ [name]: SECRET }).info('bound')
      expect(lines.join('')).not.toContain('hunter2')
    },
  )

  test('in free text are redacted: URLs with credentials, bearer tokens, JWTs, refresh tokens, API keys, cookies', () => {
    const { log, lines } = capture()
    log.warn('cannot reach mysql://gate:hunter2-pass@db:3306/x')
    log.warn('sent Bearer hunter2.hunter2')
    log.warn('token eyJhbGciOiJFZERTQSJ9.hunter2.hunter2')
    log.warn({ note: 'ghr_hunter2hunter2hunter2hunter2' }, 'x')
    log.warn(`by gatehouse_${'hunter2'.repeat(7)} of somebody`)
    log.warn('header __Host-gatehouse-refresh=hunter2; path=/')
    log.warn('formatted %o', { password: SECRET })
    expect(lines).toHaveLength(7)
    expect(lines.join('')).not.toContain('hunter2')
  })

  test('known to the settings are hidden wherever they turn up', () => {
    const { log, lines, last } = capture(['p"ss\\word', 'db.internal:3306'])
    log.error(new Error('login of p"ss\\word failed'))
    log.info({ note: 'at db.internal:3306' }, 'p"ss\\word')
    expect(lines.join('')).not.toMatch(/ss.+word|db\.internal/)
    expect(last().msg).toBe('[Redacted]')
  })

  test('of an instance only the class is shown, of a request method and path', () => {
    class Account {
      readonly hash = SECRET
    }
    const { log, last } = capture()
    const req = { method: 'GET', url: `/graphql?query={x(p:"${SECRET}")}`, headers: { cookie: SECRET } }
    log.info({ account: new Account(), list: new Map([[SECRET, SECRET]]), req, url: `/a?b=${SECRET}` }, 'x')
    expect(last()).toMatchObject({ account: '[Account]', list: '[Map]', url: '/a' })
    expect(last().req).toEqual({ method: 'GET', url: '/graphql' })
  })
})

describe('an error', () => {
  test('of the database shows its code, key and statement, never a value', async () => {
    const orm = await MikroORM.init({ dbName: ':memory:', entities: [], discovery: { warnWhenNoEntities: false } })
    await orm.em.execute('create table users (email text unique)')
    await orm.em.execute(`insert into users values ('${SECRET}')`)
    const error = await rejectionOf(orm.em.execute(`insert into users values ('${SECRET}')`))
    await orm.close()
    const { log, lines, last } = capture()
    log.error({ err: error }, 'not written')
    log.error(error)
    expect(lines.join('')).not.toContain('hunter2')
    expect(last().err.code).toMatch(/^SQLITE_CONSTRAINT/)
    expect(last().msg).toBe('Database error SQLITE_CONSTRAINT_UNIQUE (users.email)')
    expect(last().err.stack).toMatch(/^ +at /)
  })

  test('of mysql2, which quotes values and statement, shows neither', () => {
    const message = `Duplicate entry '${SECRET}'s for key users' for key 'users.email_key'`
    const error = Object.assign(
      new Error(`insert into \`users\` values ('${SECRET}') - ${message}\n    at ${SECRET}`),
      {
        code: 'ER_DUP_ENTRY',
        errno: 1062,
        sqlMessage: message,
        sqlState: '23000',
        sql: `insert into \`users\` (email) values ('${SECRET}')`,
      },
    )
    const { log, lines, last } = capture()
    log.error({ err: new Error('outer', { cause: error }) }, error.message)
    log.error({ error, nested: [{ error }] }, 'under other names')
    log.error({ err: error }, error.message)
    expect(lines[0]).toContain('ER_DUP_ENTRY')
    expect(lines.slice(1).join('')).not.toContain('hunter2')
    expect(last().err).toMatchObject({ code: 'ER_DUP_ENTRY', statement: 'insert users' })
    expect(last().msg).toBe('Database error ER_DUP_ENTRY (users.email_key)')
  })

  test('of the network does not tell the address', async () => {
    const socket = createConnection(1, '127.0.0.1')
    const error = await rejectionOf(new Promise((_, reject) => socket.once('error', reject)))
    expect(error.message).toContain('127.0.0.1:1')
    const { log, lines, last } = capture()
    log.error(error)
    expect(lines.join('')).not.toContain('127.0.0.1')
    expect(last()).toMatchObject({ msg: 'connect ECONNREFUSED', err: { code: 'ECONNREFUSED' } })
  })

  test('of GraphQL or JSON does not quote what was sent', async () => {
    const schema = buildSchema('type Query { f(a: I!): Int } input I { password: Int! }')
    const coercion = await graphql({
      schema,
      source: 'query($a: I!) { f(a: $a) }',
      variableValues: { a: { password: SECRET } },
    })
    const literal = await graphql({ schema, source: `{ f(a: { password: "${SECRET}" }) }` })
    const syntax = await graphql({ schema, source: `{ f "${SECRET}" }` })
    const json = await rejectionOf(Promise.resolve().then(() => JSON.parse(`${SECRET}`)))
    const errors = [coercion, literal, syntax].map((result) => result.errors?.[0])
    const { log, lines } = capture()
    for (const error of [...errors, json]) {
      expect(error?.message).toContain('hunter2')
      log.error(error)
    }
    expect(lines).toHaveLength(4)
    expect(lines.join('')).not.toContain('hunter2')
  })
})

test.each(['\r\n{"level":60}', '\u001b[31mred', '\u2028\u2029', '\u0085', '\u009b31m', '\u202e', '"\\\u2028'])(
  'text with %j stays one line of JSON, and reads back the same',
  (text) => {
    const { log, lines, last } = capture()
    log.info({ userAgent: text, nested: { text } }, text)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(/^[^\p{Cc}\p{Zl}\p{Zp}\u202e]*\n$/u)
    expect(last()).toMatchObject({ userAgent: text, nested: { text }, msg: text })
  },
)

describe('the log file', () => {
  const filler = 'x'.repeat(300)

  test('rotates by size, keeps so many files, and its name links to the one in use', async () => {
    const path = join(folder, 'sub/app.log')
    const stream = new LogFile({ path, size: '1k', count: 3 }, (error) => expect.unreachable(String(error)))
    for (let line = 0; line < 60; line += 1) {
      stream.write(`${line} ${filler}\n`)
      await flushed(stream)
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    await vi.waitFor(() => expect(readdirSync(join(folder, 'sub'))).toHaveLength(4))
    expect(readdirSync(join(folder, 'sub'))).toContain('app.log')
    expect(readFileSync(join(folder, 'sub', readlinkSync(path)), 'utf8')).toBe(readFileSync(path, 'utf8'))
    const kept = readdirSync(join(folder, 'sub')).filter((name) => name !== 'app.log')
    expect(kept.map((name) => readFileSync(join(folder, 'sub', name), 'utf8')).join('')).toContain(`59 ${filler}`)
  })

  test('on a full disk costs neither an exception nor memory without bound', async () => {
    symlinkSync('/dev/full', join(folder, 'app.1.log'))
    const faults: unknown[] = []
    const stream = new LogFile({ path: join(folder, 'app.log'), size: '10m', count: 2 }, (error) => faults.push(error))
    const line = 'x'.repeat(100_000)
    for (let round = 0; round < 200; round += 1) stream.write(line)
    await flushed(stream)
    for (let round = 0; round < 200; round += 1) stream.write(line)
    expect(faults).toContainEqual(expect.objectContaining({ code: 'ENOSPC' }))
  })

  test('in a folder that cannot be made is reported, and tried again', async () => {
    writeFileSync(join(folder, 'sub'), '')
    const faults: unknown[] = []
    const stream = new LogFile({ path: join(folder, 'sub/app.log'), size: '1m', count: 2 }, (error) =>
      faults.push(error),
    )
    stream.write('one\n')
    await flushed(stream)
    expect(faults).toContainEqual(expect.objectContaining({ code: 'EEXIST' }))
    rmSync(join(folder, 'sub'))
    await flushed(stream)
    stream.write('two\n')
    expect(readFileSync(join(folder, 'sub/app.log'), 'utf8')).toBe('one\ntwo\n')
  })

  test('is written besides standard output', async () => {
    const path = join(folder, 'app.log')
    const run = spawnSync(process.execPath, ['--experimental-transform-types', '--input-type=module'], {
      input: `
        import { createLogger, flushLogger } from ${JSON.stringify(join(import.meta.dirname, '../src/logger.ts'))}
        const log = createLogger({ level: 'info', file: { path: ${JSON.stringify(path)}, size: '1m', count: 2 } })
        log.info('hello')
        await flushLogger(log)
        process.exit(0)`,
      encoding: 'utf8',
    })
    expect(JSON.parse(run.stdout)).toMatchObject({ msg: 'hello', level: 30 })
    expect(readFileSync(path, 'utf8')).toBe(run.stdout)
  })
})

describe('standard output', () => {
  test('that is a full disk keeps lines up to a bound', async () => {
    const descriptor = openSync('/dev/full', 'w')
    const stream = openStdout(descriptor)
    const before = heldBytes()
    for (let round = 0; round < 2000; round += 1) stream.write(`${round} ${'x'.repeat(50_000)}`)
    expect(heldBytes() - before).toBeLessThan(50_000_000)
    closeSync(descriptor)
  })

  test('writes everything in order, whatever the size of a line', async () => {
    const path = join(folder, 'out')
    const descriptor = openSync(path, 'w')
    const stream = openStdout(descriptor)
    const lines = Array.from({ length: 500 }, (_, index) => `${index} ${'ü'.repeat(index * 7)}\n`)
    for (const line of lines) stream.write(line)
    await flushed(stream)
    closeSync(descriptor)
    expect(readFileSync(path, 'utf8')).toBe(lines.join(''))
  })

  test('that is a closed pipe does not end the process', async () => {
    const child = startChild(`
      log.info('first')
      setInterval(() => log.info('more'), 5)
      setTimeout(async () => { await flushLogger(log); process.exit(7) }, 300)`)
    await new Promise((resolve) => child.stdout.once('data', resolve))
    child.stdout.destroy()
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(7)
  })
})

test('a reader that has stalled holds up neither a fatal line nor the exit', async () => {
  const child = startChild(`
    log.info('x'.repeat(1_000_000))
    for (let round = 0; round < 100; round += 1) log.info({ text: 'x'.repeat(3000) }, 'x')
    log.fatal('the end')
    await flushLogger(log)
    process.exit(7)`)
  expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(7)
})

test('a reader that reads again is told how many lines were dropped', async () => {
  const child = startChild(`
    for (let round = 0; round < 60; round += 1) log.info({ round, text: 'x'.repeat(100_000) }, 'x')
    process.on('SIGUSR2', () => process.exit(7))
    setInterval(() => undefined, 1000)`)
  await new Promise((resolve) => setTimeout(resolve, 1000))
  let text = ''
  child.stdout.on('data', (part) => {
    text += String(part)
  })
  await vi.waitFor(() => expect(text).toContain('Log lines dropped'), { timeout: 10_000 })
  child.kill('SIGUSR2')
  const lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(lines.at(-1)).toMatchObject({ level: 40, count: 60 - (lines.length - 1) })
})

/** A process that logs to standard output, which only the test reads. */
function startChild(code: string) {
  const child = spawn(process.execPath, ['--experimental-transform-types', '--input-type=module'], { stdio: 'pipe' })
  child.stdin.end(`
    import { createLogger, flushLogger } from ${JSON.stringify(join(import.meta.dirname, '../src/logger.ts'))}
    const log = createLogger({ level: 'info' })
    ${code}`)
  return child
}
