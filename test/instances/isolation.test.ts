import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { App } from '../../src/app.ts'
import { createSecondInstance, createTestApp, type TestApp } from '../support/app.ts'
import { TestClient } from '../support/client.ts'
import { hasNoMariaDb, hasNoRedis } from '../support/installed.ts'
import { type Person, signUp, signUpAdmin } from '../support/story.ts'

const USERS = 50
/** 10,000 take most of a minute: `quality/README.md`. */
const REQUESTS = Number(process.env['ISOLATION_REQUESTS'] ?? 4_000)
const CONCURRENCY = 25

const READ = `query ($id: ID!) {
  me { id username email displayName sessions { id isCurrent } activities(first: 3) { nodes { userId user { username } actor { email } } totalCount } }
  again: user(id: $id) { id username displayName activities(last: 2) { nodes { userId } totalCount } }
  session { id value(key: "mine") }
}`
const RENAME =
  'mutation ($name: String) { updateProfile(input: { displayName: $name }) { user { id username displayName } } }'
const KEEP =
  'mutation ($value: JSON!) { setSessionValue(input: { key: "mine", value: $value }) { session { id value(key: "mine") } } }'
const WATCH =
  '{ users(first: 50) { nodes { username displayName activities(first: 2) { nodes { userId } totalCount } } totalCount } }'

describe.skipIf(hasNoMariaDb || hasNoRedis)('isolation', () => {
  let first: TestApp
  let second: App
  let people: Person[]
  let chief: Person

  beforeAll(async () => {
    // A busy machine changes only the time.
    first = await createTestApp({ backend: 'mysql', env: { DATABASE_TIMEOUT_MS: '20000' } })
    second = await createSecondInstance(first)
    chief = await signUpAdmin(first)
    people = await Promise.all(Array.from({ length: USERS }, (_, i) => signUp(first, `mark${i}x`)))
  }, 60_000)
  afterAll(async () => {
    await second.close()
    await first.close()
  })

  /** The names of each person contain their mark, so that traces of others are found anywhere in an answer. */
  const MARK = /mark\d+x\d+/g
  const ID = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g

  it('of 50 users in thousands of interleaved requests on two instances is complete, with all caches on', async () => {
    const clients = people.map(({ accessToken: token }) =>
      [first, second].map(({ url }) => new TestClient(url, { token })),
    )
    let next = 0
    const foreign: string[] = []
    const ask = async (n: number) => {
      // Two steps coprime to the number of people, so that all pairs meet.
      const person = people[(n * 7) % USERS] as Person
      const client = clients[(n * 7) % USERS]?.[n % 2] as TestClient
      const answer = await callOf(n, person, client)
      const text = JSON.stringify(answer)
      const own = new Set([person.id, person.sessionId])
      const others = [...text.matchAll(ID)].filter(([id]) => !own.has(id)).map(([id]) => id)
      const marks = [...text.matchAll(MARK)].map(([mark]) => mark)
      if (marks.length === 0) foreign.push(`nothing of one's own: ${text}`)
      foreign.push(...others, ...marks.filter((mark) => mark !== person.username))
    }
    const work = async () => {
      for (let n = next++; n < REQUESTS; n = next++) await ask(n)
    }
    const watch = async () => {
      while (next < REQUESTS) await chief.client.get(WATCH)
    }
    await Promise.all([...Array.from({ length: CONCURRENCY }, work), watch()])
    expect(foreign.slice(0, 5)).toEqual([])
  }, 240_000)
})

function callOf(n: number, person: Person, client: TestClient): Promise<unknown> {
  if (n % 10 === 3) return client.get(RENAME, { name: `${person.username} ${n}` })
  if (n % 10 === 6) return client.get(KEEP, { value: [person.username, n] })
  return client.get(READ, { id: person.id })
}
