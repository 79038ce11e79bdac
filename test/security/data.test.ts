import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildSchema } from 'graphql'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { newId } from '../../src/database/ids.ts'
import { type Backend, createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { createKey, createRole } from '../support/rights.ts'
import { openSql, type Sql } from '../support/sql.ts'
import { Statements } from '../support/statements.ts'
import { PASSWORD, type Person, signUp, signUpAdmin } from '../support/story.ts'
import { attacksOn, malformedIds, PLAIN, SQL } from './attacks.ts'
import { type GoodValues, type Position, positionsOf } from './positions.ts'

const POSITIONS = positionsOf(buildSchema(readFileSync(join(import.meta.dirname, '../../schema.graphql'), 'utf8')))
const TEXTS = POSITIONS.filter(({ type }) => ['String', 'ID', 'JSON'].includes(type))
const OTHERS = POSITIONS.filter((position) => !TEXTS.includes(position))
const IDS = POSITIONS.filter(({ type }) => type === 'ID')

const NO_ACTIVITY = { activities: expect.objectContaining({ nodes: [], edges: [], totalCount: 0 }) }

/** The answer of a field about an unknown account; a mutation answers NOT_FOUND. */
const OUTCOMES: Record<string, unknown> = {
  user: { user: null },
  can: { can: { allowed: true, permission: 'PROFILE_READ_ANY', reason: null } },
  activities: NO_ACTIVITY,
  me: { me: NO_ACTIVITY },
}

/** The role that is changed and removed. */
const ROLE = 'changed-role'

type Answers = { value: unknown; codes: string[]; data: unknown }[]

/** A text as MySQL reads it, where a backslash stands before a quote, and as SQLite does, where the quote is doubled. */
const QUOTED = {
  mysql: /'(?:[^'\\]|\\.|'')*'(?:\/\*.*?\*\/)?/gs,
  sqlite: /'(?:[^']|'')*'(?:\/\*.*?\*\/)?/gs,
}

/** Without anything quoted, numbers, booleans and NULL: MikroORM writes values into statements, as SQLite's driver does. */
function shapeOf(sql: string, backend: Backend): string {
  return sql
    .replace(QUOTED[backend], '?')
    .replace(/\b(?:NULL|true|false)\b|\b\d[\d.e+]*\b/gi, '?')
    .replace(/(username|email)_key/g, 'key')
}

describeEachBackend('what is sent', (backend) => {
  let app: TestApp
  let sql: Sql
  let bystanders: Person[]
  /** Ids of bystanders, by the place that looks for such a one. */
  let theirs: Record<string, string>
  const statements = new Statements()
  let administrators = 0
  let before: string

  beforeAll(async () => {
    // Attacks on a place that is ignored sign in again and again.
    app = await createTestApp({ backend, onQuery: statements.onQuery, env: { MAX_SESSIONS: '1000' } })
    sql = await openSql(app)
    bystanders = [await signUp(app, 'bystander'), await signUp(app, 'bystander'), await admin()]
    const [, , chief] = bystanders as [Person, Person, Person]
    await createRole(chief, ROLE, [])
    theirs = {
      'revokeSession input.sessionId': chief.sessionId,
      'revokeApiKey input.apiKeyId': (await createKey(chief, ['PROFILE_READ'])).id,
    }
    before = await stateOfOthers()
  })
  afterAll(async () => {
    await sql.close()
    await app.close()
  })

  async function admin(): Promise<Person> {
    administrators += 1
    return signUpAdmin(app)
  }

  /** The tables with their columns, and all data of uninvolved accounts. */
  async function stateOfOthers(): Promise<string> {
    const tables = sql.isSqlite
      ? 'select type, name, sql from sqlite_master order by name'
      : 'select table_name, column_name, column_type from information_schema.columns where table_schema = database() order by 1, 2'
    const ids = bystanders.map(({ id }) => id)
    const users = await sql.all('select * from users where id in (?, ?, ?) order by id', ids)
    const sessions = await sql.all('select * from sessions where user_id in (?, ?, ?) order by id', ids)
    const keys = await sql.all('select * from api_keys where user_id in (?, ?, ?) order by id', ids)
    return JSON.stringify([await sql.all(tables), users, sessions, keys])
  }

  async function administratorsNow(): Promise<number> {
    const [row] = await sql.all<{ total: number | bigint }>("select count(*) as total from users where role = 'admin'")
    return Number(row?.total)
  }

  let names = 0

  async function goodValues(): Promise<GoodValues> {
    const target = await signUp(app, 'target')
    const person = { password: PASSWORD, currentPassword: PASSWORD, newPassword: 'another long password 2' }
    const rest = {
      key: 'key',
      value: 1,
      field: 'USERNAME',
      permission: 'PROFILE_READ_ANY',
      refreshToken: 'none',
      token: 'none',
      permissions: ['PROFILE_READ'],
    }
    const ids = { id: target.id, userId: target.id, sessionId: newId(), apiKeyId: newId() }
    return { ...ids, identifier: target.username, ...person, ...rest }
  }

  /** Runs the operation as an administrator, who may do everything. */
  async function send(
    { document, variables }: Position,
    values: readonly unknown[],
    good: GoodValues,
  ): Promise<Answers> {
    let viewer = await admin()
    const answers: Answers = []
    for (const value of values) {
      names += 1
      const name = /updateRole|deleteRole/.test(document) ? ROLE : `fresh${names}`
      const fresh = { ...good, name, username: `fresh${names}`, email: `fresh${names}@example.com` }
      const { codes, data } = await viewer.client.run(document, variables(fresh, value))
      answers.push({ value, codes, data })
      // The operation may have changed the password.
      if (document.includes('changePassword') && codes.length === 0) viewer = await admin()
    }
    return answers
  }

  it('finds every place of the schema', () => {
    expect(TEXTS.length).toBeGreaterThan(40)
    expect(TEXTS.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'me.activities filter.userId',
        'session.value key',
        'users after',
        'login input.password',
      ]),
    )
  })

  it.each(TEXTS)(
    'as SQL in $name changes no statement, finds nothing and harms nobody (ASVS 1.2.4)',
    async (position) => {
      const good = await goodValues()
      const plain = new Set(
        (await statements.of(() => send(position, PLAIN, good))).map((text) => shapeOf(text, backend)),
      )
      const answers: Answers = []
      const sent = await statements.of(async () => answers.push(...(await send(position, attacksOn(position), good))))
      expect(sent.map((text) => shapeOf(text, backend)).filter((shape) => !plain.has(shape))).toEqual([])
      const isFault = (code: string) => /INTERNAL|UNAVAILABLE|UNAUTHENTICATED/.test(code)
      expect(answers.filter(({ codes }) => codes.some(isFault))).toEqual([])
      expect(JSON.stringify(answers)).not.toMatch(new RegExp(bystanders.map(({ id }) => id).join('|')))
      expect(await stateOfOthers()).toBe(before)
      expect(await administratorsNow()).toBe(administrators)
    },
  )

  it.each(OTHERS)('as SQL in $name, a $type, is refused', async (position) => {
    const answers = await send(position, SQL, await goodValues())
    expect(answers.filter(({ codes }) => codes.join() !== 'BAD_USER_INPUT')).toEqual([])
  })

  it.each(IDS)('as an id in $name that is none is refused, or nobody’s', async (position) => {
    const good = await goodValues()
    const id = String(theirs[position.name] ?? good.id)
    const { values, none } = malformedIds(id)
    const [field = ''] = position.name.split(/[ .]/)
    const answers = await send(position, values, good)
    for (const { value, codes, data } of answers) {
      const outcome = codes.length > 0 ? codes : data
      const nothing = OUTCOMES[field] ?? ['NOT_FOUND']
      expect([value, outcome]).toEqual([value, none.includes(value) ? ['BAD_USER_INPUT'] : nothing])
    }
    const [row] = await sql.all('select * from users where id = ?', [String(good.id)])
    expect(row).toMatchObject({ id: good.id, display_name: null, role: 'user' })
    expect(await sql.all('select id from sessions where user_id = ?', [String(good.id)])).toHaveLength(1)
    expect(await stateOfOthers()).toBe(before)
  })
})
