import { type DocumentNode, Kind, parse } from 'graphql'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { buildTypes } from '../../src/schema.ts'
import { type Backend, createSecondInstance, createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { TestClient } from '../support/client.ts'
import { createTokenMaker } from '../support/mail-tokens.ts'
import { createKey } from '../support/rights.ts'
import { openSql, type Sql } from '../support/sql.ts'
import { PASSWORD, type Person, signIn, signUp, signUpAdmin } from '../support/story.ts'
import { type Cast, type Line, STATEMENTS } from './statements.ts'

/** And what the worker of the outbox asks each second. */
const NOT_COUNTED = /^\s*(begin|commit|rollback|set|pragma)\b|^\s*select .* from .outbox_messages/is

/** No mail becomes due, so that no statement of the worker is counted. */
const HOLD_MAILS: Record<Backend, string> = {
  sqlite:
    'create trigger hold_mails after insert on outbox_messages begin update outbox_messages set due_at = 9e12 where id = new.id; end',
  mysql: "create trigger hold_mails before insert on outbox_messages for each row set new.due_at = '2100-01-01'",
}

describeEachBackend('SQL statements of', (backend) => {
  let app: TestApp
  let mailing: TestApp
  let sql: Sql
  let counted: string[] | null = null
  let number = 0
  const onQuery = (sql: string) => {
    if (!NOT_COUNTED.test(sql)) counted?.push(sql)
  }

  beforeAll(async () => {
    app = await createTestApp({ backend, onQuery })
    mailing = await createTestApp({ backend, onQuery, env: { MAIL_URL: 'smtp://127.0.0.1:1' } })
    sql = await openSql(mailing)
    await sql.run(HOLD_MAILS[backend])
    for (let index = 0; index < 5; index++) await signUp(app, 'bob')
  })
  afterAll(async () => {
    await sql.close()
    await Promise.all([app.close(), mailing.close()])
  })

  const cast = async (app: TestApp): Promise<Cast> => {
    number += 1
    const [chief, alice] = [await signUpAdmin(app), await signUp(app, 'alice')]
    await Promise.all([signIn(app, alice.username), signIn(app, alice.username)])
    return { chief, alice, bob: await signUp(app, 'bob'), fresh: `fresh${number}`, tokenOf: createTokenMaker(mailing) }
  }

  const clientOf = async (as: Line['as'], people: Cast, { url }: TestApp): Promise<TestClient> => {
    if (as === 'nobody') return new TestClient(url, { token: 'forged' })
    return as === 'key' ? usedKey(people.chief) : people[as].client
  }

  it.each(STATEMENTS)('$what: $reads reads, $writes writes', async (line) => {
    const { as, prepare, document, reads, writes, code } = line
    const there = line.withMail ? mailing : app
    const people = await cast(there)
    const client = await clientOf(as, people, there)
    const prepared = (await prepare?.(people)) ?? ''
    const text = typeof document === 'string' ? document : document(people, prepared)
    counted = []
    const { codes } = await client.run(text)
    const statements = counted
    counted = null
    expect(codes.filter((found, index) => codes.indexOf(found) === index)).toEqual(code ? [code] : [])
    const isRead = (sql: string) => /^\s*(select|\()/i.test(sql)
    expect(
      { reads: statements.filter(isRead).length, writes: statements.filter((sql) => !isRead(sql)).length },
      statements.join('\n'),
    ).toEqual({ reads, writes })
  })

  const withoutValues = (sql: string) =>
    sql.replace(/\/\*.*?\*\//g, '').replace(/'(?:[^'\\]|\\.)*'|\bnull\b|\b\d[\d.]*\b/gi, '?')

  it('the same for a reset of whoever has an account, has none, is disabled, or was mailed too often (ASVS 6.3.8)', async () => {
    const { chief, alice, bob, fresh } = await cast(mailing)
    const update = 'mutation ($input: UpdateUserInput!) { updateUser(input: $input) { user { id } } }'
    await chief.client.get(update, { input: { userId: bob.id, isActive: false } })
    const limited = await createSecondInstance(
      { ...mailing, env: { ...mailing.env, RATE_LIMIT_FACTOR: '1' } },
      { onQuery },
    )
    const texts: string[][] = []
    const ask = 'mutation ($email: String!) { requestPasswordReset(input: { email: $email }) { accepted } }'
    const client = new TestClient(limited.url)
    // The first one after a start, beside which the service prunes, and asks the server for its settings.
    await client.get(ask, { email: `first-${fresh}@example.net` })
    for (const email of [alice.email, alice.email, alice.email, alice.email, bob.email, `${fresh}@example.net`]) {
      counted = []
      await client.get(ask, { email })
      texts.push(counted.map(withoutValues))
      counted = null
    }
    await limited.close()
    for (const text of texts) expect(text).toEqual(texts[0])
  })

  it('as many for a hundred accounts as for one', async () => {
    const chief = await signUpAdmin(app)
    const users = app.services().users
    const account = (index: number) => ({
      username: `crowd${index}`,
      email: `crowd${index}@example.com`,
      password: PASSWORD,
      role: 'user' as const,
      isActive: true,
    })
    for (let index = 0; index < 100; index += 50) {
      await Promise.all(
        Array.from({ length: 50 }, (_, more) => users.create(account(index + more), 'USER_REGISTERED' as never)),
      )
    }
    const lengths: number[] = []
    for (const first of [1, 100]) {
      counted = []
      await chief.client.get(
        `{ users(first: ${first}) { nodes { sessions { id } activities(first: 2) { nodes { actor { id } } totalCount } } } }`,
      )
      lengths.push(counted.length)
    }
    counted = null
    expect(lengths).toEqual([6, 6])
  })
})

describe('the table of statements', () => {
  it('has a line for every root field', async () => {
    const schema = await buildTypes()
    const fields = [schema.getQueryType(), schema.getMutationType()].flatMap((type) =>
      Object.keys(type?.getFields() ?? {}),
    )
    const someone = {
      id: 'x',
      username: 'x',
      email: 'x',
      sessionId: 'x',
      accessToken: 'x',
      refreshToken: 'x',
    } as Person
    const people = { chief: someone, alice: someone, bob: someone, fresh: 'x', tokenOf: async () => 'x' }
    const called = STATEMENTS.flatMap(({ document }) =>
      rootFields(parse(typeof document === 'string' ? document : document(people, 'x'))),
    )
    expect(fields.filter((field) => !called.includes(field))).toEqual([])
  })
})

function rootFields(document: DocumentNode): string[] {
  return document.definitions.flatMap((definition) =>
    definition.kind === Kind.OPERATION_DEFINITION
      ? definition.selectionSet.selections.flatMap((field) => (field.kind === Kind.FIELD ? [field.name.value] : []))
      : [],
  )
}

/** A program whose key has every permission. Its use is noted, so that the next request does not. */
async function usedKey(owner: Person): Promise<TestClient> {
  const { me } = await owner.client.get<{ me: { permissions: string[] } }, undefined>('{ me { permissions } }')
  const { client } = await createKey(owner, me.permissions)
  await client.get('{ me { id } }')
  const noted = '{ me { apiKeys { lastUsedAt } } }'
  await vi.waitFor(async () => expect(await owner.client.get(noted)).toMatchObject(USED))
  return client
}

const USED = { me: { apiKeys: [{ lastUsedAt: expect.any(String) }] } }
