/**
 * Writes what a service of the present version leaves in its database, for `upgrade.test.ts`: one dump in SQL for each
 * kind of database, and beside it what its clients hold. Run it for a version that is to be upgraded from:
 *
 *   npm run build && node test/upgrades/dump.ts NAME
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createConnection } from 'mysql2/promise'
import { createDatabase, startMariaDb } from '../support/mariadb.ts'
import { DUMP_SETTINGS, hexOf, type Story } from './story.ts'

type Row = Record<string, string | number | null>
type Run = (sql: string) => Promise<Row[]>

interface Answer {
  data: Record<string, unknown>
  headers: Headers
}

const PASSWORD = 'correct horse battery staple'
const TOKENS = 'accessToken refreshToken csrfToken session { id }'
const ENTRY = 'id action details timestamp userId actorId ipAddress userAgent'
const RANDOM_TEXT = /^(?!Migration)(?=.*[A-Z])(?=.*[a-z])\S{32,}$|^\{"/

// Node's own TypeScript does not read decorators, so the service comes from the build.
const compiled = (file: string) => import(new URL(`../../dist/${file}`, import.meta.url).href)
const { createApp } = await compiled('app.js')
const { readConfig } = await compiled('config.js')
const { openOperator } = await compiled('operations/operator.js')

const [name = ''] = process.argv.slice(2)
if (!/^[a-z0-9-]+$/.test(name)) throw new Error('node test/upgrades/dump.ts NAME, of small letters, digits and -')
await dumpSqlite()
await dumpMySql()

async function dumpSqlite(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-dump-'))
  const path = join(folder, 'gatehouse.db')
  const database = new DatabaseSync(path)
  const read: Run = async (sql) => database.prepare(sql).all() as Row[]
  const story = await live(`sqlite:${path}`, read, (moment) => moment.getTime())
  const made = await read(
    "select type, name, sql from sqlite_master where sql is not null and name not like 'sqlite_%'",
  )
  const tables = made.filter(({ type }) => type === 'table')
  const others = made.filter(({ type }) => type !== 'table')
  write('sqlite', story, [
    ...tables.map(({ sql }) => `${sql}`),
    ...others.map(({ sql }) => `${sql}`),
    ...(await insertionsOf(
      read,
      tables.map((table) => String(table.name)),
      (hex) => `cast(x'${hex}' as text)`,
    )),
  ])
  database.close()
  rmSync(folder, { recursive: true })
}

async function dumpMySql(): Promise<void> {
  const server = await startMariaDb()
  const url = await createDatabase(server.url)
  const connection = await createConnection({ uri: url, dateStrings: true })
  const read: Run = async (sql) => (await connection.query(sql))[0] as Row[]
  const story = await live(url, read, (moment) => `'${moment.toISOString().replace('T', ' ').replace('Z', '')}'`)
  const tables = (await read('show tables')).map((row) => String(Object.values(row)[0]))
  const made = await Promise.all(tables.map((table) => read(`show create table \`${table}\``)))
  write('mysql', story, [
    'set foreign_key_checks = 0',
    ...made.map(([row]) => String(row?.['Create Table'])),
    ...(await insertionsOf(read, tables, (hex) => `x'${hex}'`)),
    'set foreign_key_checks = 1',
  ])
  await connection.end()
  await server.stop()
}

async function insertionsOf(read: Run, tables: string[], ofHex: (hex: string) => string): Promise<string[]> {
  const literal = (value: string | number | null) => {
    if (value === null || typeof value === 'number') return String(value)
    return RANDOM_TEXT.test(value) ? ofHex(hexOf(value)) : `'${value.replaceAll("'", "''")}'`
  }
  const insertions: string[] = []
  for (const table of tables) {
    for (const row of await read(`select * from \`${table}\``)) {
      const columns = Object.keys(row).map((column) => `\`${column}\``)
      insertions.push(
        `insert into \`${table}\` (${columns.join(', ')}) values (${Object.values(row).map(literal).join(', ')})`,
      )
    }
  }
  return insertions
}

function write(dialect: string, story: Story, statements: string[]): void {
  const file = join(import.meta.dirname, `${name}.${dialect}`)
  writeFileSync(`${file}.sql`, `${statements.join(';\n')};\n`)
  writeFileSync(`${file}.json`, `${JSON.stringify(story, null, 2)}\n`)
}

/** Some days in the life of a service. Its clock stands still but for the days between. */
async function live(DATABASE_URL: string, run: Run, timeOf: (moment: Date) => string | number): Promise<Story> {
  let now = Date.parse('2024-11-01T08:00:00Z')
  const later = (seconds: number) => {
    now += seconds * 1000
  }
  const config = readConfig({ ...DUMP_SETTINGS, DATABASE_URL })
  const app = await createApp(config, { overrides: { clock: () => new Date(now) } })
  const ask = asker(app.url)
  await app.createAdmin({ username: 'chief', email: 'chief@example.com', password: PASSWORD })
  for (const username of ['alice', 'bob', 'Zoe']) {
    later(60)
    const email = `${username}@example.com`
    await ask('mutation ($input: RegisterInput!) { register(input: $input) { user { id } } }', {
      input: { username, email, password: PASSWORD, displayName: `Zoë's friend ${username}` },
    })
  }
  const phone = await ask.login('alice', 'BODY')
  await ask(
    'mutation { setSessionValue(input: { key: "list", value: [1, "zwei", { drei: null }] }) { session { id } } }',
    {},
    phone.accessToken,
  )
  await ask(
    'mutation { setSessionValue(input: { key: "short", value: true, expiresIn: 60 }) { session { id } } }',
    {},
    phone.accessToken,
  )
  later(86_400)
  const { data } = await ask(`mutation ($input: RefreshInput) { refresh(input: $input) { ${TOKENS} } }`, {
    input: { refreshToken: phone.refreshToken },
  })
  const refreshed = data.refresh as typeof phone
  const browser = await ask.login('alice', 'COOKIE')
  await ask.login('bob', 'BODY')
  await ask('mutation { login(input: { identifier: "bob", password: "wrong" }) { accessToken } }').catch(
    () => undefined,
  )
  await rotateKeys(DATABASE_URL, run, timeOf(new Date(now)))
  later(86_400)
  const office = await ask.login('chief', 'BODY')
  const { data: found } = await ask('{ users(filter: { search: "bob" }) { nodes { id } } }', {}, office.accessToken)
  const [bob] = (found.users as { nodes: { id: string }[] }).nodes
  await ask(
    'mutation ($input: UpdateUserInput!) { updateUser(input: $input) { user { id } } }',
    { input: { userId: bob?.id, isActive: false } },
    office.accessToken,
  )
  later(3600)
  const story: Story = {
    usernames: ['chief', 'alice', 'Zoe'],
    disabled: 'bob',
    accessTokens: { alice: hexOf(phone.accessToken), chief: hexOf(office.accessToken) },
    refreshTokens: [refreshed.refreshToken, office.refreshToken].map(hexOf),
    usedRefreshToken: hexOf(phone.refreshToken),
    cookies: browser.cookies,
    csrfToken: hexOf(browser.csrfToken),
    browserAccessToken: hexOf(browser.accessToken),
    answers: await answersOf(ask, { alice: phone.accessToken, chief: office.accessToken }),
  }
  await app.close()
  return story
}

/** The operator's clock cannot be set, so its key is moved to the time of the story. */
async function rotateKeys(DATABASE_URL: string, run: Run, moment: string | number): Promise<void> {
  const operator = await openOperator(readConfig({ ...DUMP_SETTINGS, DATABASE_URL }))
  await operator.rotateKeys()
  await operator.close()
  await run(`update signing_keys set created_at = ${moment}, active_from = ${moment} where sequence = 2`)
}

async function answersOf(ask: ReturnType<typeof asker>, tokens: { alice: string; chief: string }) {
  const answers: Story['answers'] = []
  const record = async (by: 'alice' | 'chief', query: string, after?: string) => {
    const { data } = await ask(query, { after }, tokens[by])
    answers.push({ by, query, ...(after && { after: hexOf(after) }), data })
  }
  const cursorOf = async (field: string) => {
    const { data } = await ask(`{ ${field}(first: 2) { pageInfo { endCursor } } }`, {}, tokens.chief)
    return (data[field] as { pageInfo: { endCursor: string } }).pageInfo.endCursor
  }
  const account = 'id username email displayName isActive role { name } createdAt updatedAt lastLoginAt'
  const session = 'id createdAt lastActiveAt expiresAt ipAddress userAgent'
  await record('alice', `{ me { ${account} sessions { ${session} isCurrent } activities { nodes { ${ENTRY} } } } }`)
  await record('alice', `{ session { ${session} keys list: value(key: "list") } }`)
  await record('chief', `{ users { nodes { ${account} } } }`)
  await record('chief', `query ($after: String) { users(after: $after) { nodes { id } } }`, await cursorOf('users'))
  const page = `query ($after: String) { activities(first: 100, after: $after) { nodes { ${ENTRY} } } }`
  await record('chief', page, await cursorOf('activities'))
  return answers
}

function asker(url: string) {
  const ask = async (query: string, variables: object = {}, token?: string): Promise<Answer> => {
    const headers = {
      'content-type': 'application/json',
      origin: url,
      ...(token && { authorization: `Bearer ${token}` }),
    }
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ query, variables }),
    })
    const { data, errors } = (await response.json()) as { data: Answer['data']; errors?: unknown }
    if (errors) throw new Error(JSON.stringify(errors))
    return { data, headers: response.headers }
  }
  const login = async (identifier: string, transport: string) => {
    const input = { identifier, password: PASSWORD, transport }
    const { data, headers } = await ask(`mutation ($input: LoginInput!) { login(input: $input) { ${TOKENS} } }`, {
      input,
    })
    const pairs = headers.getSetCookie().map((line) => (line.split(';')[0] ?? '').split('='))
    const cookies = Object.fromEntries(pairs.map(([cookie = '', value = '']) => [cookie, hexOf(value)]))
    return { ...(data.login as { accessToken: string; refreshToken: string; csrfToken: string }), cookies }
  }
  return Object.assign(ask, { login })
}
