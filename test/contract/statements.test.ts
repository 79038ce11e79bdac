import { type DocumentNode, Kind, parse } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildTypes } from '../../src/schema.ts'
import { createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { TestClient } from '../support/client.ts'
import { PASSWORD, type Person, signIn, signUp, signUpAdmin } from '../support/story.ts'
import { type Cast, STATEMENTS } from './statements.ts'

const NOT_COUNTED = /^\s*(begin|commit|rollback|set|pragma)\b/i

describeEachBackend('SQL statements of', (backend) => {
  let app: TestApp
  let counted: string[] | null = null
  let number = 0

  beforeAll(async () => {
    const onQuery = (sql: string) => {
      if (!NOT_COUNTED.test(sql)) counted?.push(sql)
    }
    app = await createTestApp({ backend, onQuery })
    for (let index = 0; index < 5; index++) await signUp(app, 'bob')
  })
  afterAll(() => app.close())

  const cast = async (): Promise<Cast> => {
    number += 1
    const [chief, alice] = [await signUpAdmin(app), await signUp(app, 'alice')]
    await Promise.all([signIn(app, alice.username), signIn(app, alice.username)])
    return { chief, alice, bob: await signUp(app, 'bob'), fresh: `fresh${number}` }
  }

  it.each(STATEMENTS)('$what: $reads reads, $writes writes', async ({ as, prepare, document, reads, writes, code }) => {
    const people = await cast()
    const client = as === 'nobody' ? new TestClient(app.url, { token: 'forged' }) : people[as].client
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
    const people = { chief: someone, alice: someone, bob: someone, fresh: 'x' }
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
