import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { createTestClock, type TestClock } from '../support/clock.ts'
import { type Person, signUp, signUpAdmin } from '../support/story.ts'
import { faultsOf } from '../support/tokens.ts'
import { readPage, USERS, usersBy } from './walk.ts'

const DELETE = 'mutation ($id: ID!) { deleteUser(input: { userId: $id }) { userId } }'

describeEachBackend('a list that changes while it is read', (backend) => {
  let app: TestApp
  let clock: TestClock
  let chief: Person

  beforeAll(async () => {
    clock = createTestClock()
    app = await createTestApp({ backend, clock: clock.now })
    chief = await signUpAdmin(app, 'chief')
  })
  afterAll(() => app.close())

  const people = async (count: number, name: string) => {
    const made: Person[] = []
    for (let index = 0; index < count; index++) {
      clock.advance(1)
      made.push(await signUp(app, name))
    }
    return made
  }

  it('neither repeats nor skips what stays: not for rows that come before the page, nor for those that go', async () => {
    const made = await people(6, 'stable')
    const [p1, p2, p3, p4, p5, p6] = made.map(({ username }) => username)
    const first = await readPage(chief.client, USERS, { first: 2 })
    expect(first.nodes).toEqual([p6, p5])
    await people(2, 'late')
    await chief.client.get(DELETE, { id: made[5]?.id })
    const second = await readPage(chief.client, USERS, { first: 2, after: first.endCursor })
    expect(second.nodes).toEqual([p4, p3])
    await chief.client.get(DELETE, { id: made[2]?.id })
    const third = await readPage(chief.client, USERS, { first: 2, after: second.endCursor })
    expect(third.nodes).toEqual([p2, p1])
    const back = await readPage(chief.client, USERS, { last: 2, before: third.startCursor })
    expect(back.nodes).toEqual([p5, p4])
  })

  it('goes on after a row that is gone or renamed, in whichever order', async () => {
    const [anna, berta, carla, dora] = await people(4, 'same')
    const filter = { search: 'same' }
    for (const direction of ['ASC', 'DESC'] as const) {
      const orderBy = usersBy('USERNAME', direction)
      const { endCursor, nodes } = await readPage(chief.client, USERS, { first: 2, filter, orderBy })
      expect(nodes).toEqual((direction === 'ASC' ? [anna, berta] : [dora, carla]).map((person) => person?.username))
      const gone = direction === 'ASC' ? berta : carla
      await chief.client.get(DELETE, { id: gone?.id })
      const rest = await readPage(chief.client, USERS, { first: 2, after: endCursor, filter, orderBy })
      expect(rest.nodes).toEqual((direction === 'ASC' ? [carla, dora] : [anna]).map((person) => person?.username))
      if (direction === 'ASC') await signUp(app, 'other')
    }
  })

  it('binds a cursor of nested activity to its account', async () => {
    const [one, other] = (await people(2, 'nested')) as [Person, Person]
    const nested = `query ($id: ID!, $after: String, $before: String, $first: Int, $last: Int) {
      user(id: $id) { activities(first: $first, after: $after, last: $last, before: $before) {
        nodes { action } edges { cursor } } }
    }`
    interface Nested {
      user: { activities: { nodes: { action: string }[]; edges: { cursor: string }[] } | null }
    }
    const read = (id: string, args: object) => chief.client.run<Nested, object>(nested, { id, ...args })
    const whole = (await read(one.id, { first: 10 })).data?.user.activities
    expect(whole?.nodes.map(({ action }) => action)).toEqual(['USER_LOGIN', 'USER_REGISTERED'])
    const after = whole?.edges[0]?.cursor
    expect((await read(one.id, { after })).data?.user.activities?.nodes).toEqual([{ action: 'USER_REGISTERED' }])
    expect((await read(one.id, { last: 1, before: after })).data?.user.activities?.nodes).toEqual([])
    const foreign = await read(other.id, { after })
    expect([foreign.codes, faultsOf(foreign)]).toEqual([['BAD_USER_INPUT'], [['after', 'INVALID']]])
    expect(foreign.data?.user.activities).toBeNull()
    const everybody = 'query ($after: String) { activities(after: $after) { nodes { id } } }'
    expect(faultsOf(await chief.client.run(everybody, { after }))).toEqual([['after', 'INVALID']])
    const side =
      'query ($after: String) { users(filter: { search: "nested" }) { nodes { username activities(after: $after) { nodes { action } } } } }'
    const { data, codes, errors } = await chief.client.run<{ users: { nodes: object[] } }, object>(side, { after })
    expect(data?.users.nodes).toEqual([
      { username: other.username, activities: null },
      { username: one.username, activities: { nodes: [{ action: 'USER_REGISTERED' }] } },
    ])
    expect([codes, errors[0]?.path]).toEqual([['BAD_USER_INPUT'], ['users', 'nodes', 0, 'activities']])
  })

  it('gives each account of a long list its own newest entries, however many accounts a document asks for', async () => {
    const users = app.services().users
    const input = (index: number) => ({
      username: `crowd${index}`,
      email: `crowd${index}@example.com`,
      password: 'correct horse battery staple',
      role: 'user' as const,
      isActive: true,
    })
    for (let index = 0; index < 600; index += 50) {
      await Promise.all(
        Array.from({ length: 50 }, (_, more) => users.create(input(index + more), 'USER_REGISTERED' as never)),
      )
    }
    const cursors: (string | null)[] = [null]
    const filter = { search: 'crowd' }
    while (cursors.length < 6) {
      cursors.push((await readPage(chief.client, USERS, { first: 100, after: cursors.at(-1), filter })).endCursor)
    }
    const pages = cursors.map(
      (_, index) =>
        `p${index}: users(first: 100, after: $c${index}, filter: { search: "crowd" }) { nodes { username activities(first: 1) { nodes { action } } } }`,
    )
    const document = `query (${cursors.map((_, index) => `$c${index}: String`).join(', ')}) { ${pages.join(' ')} }`
    const variables = Object.fromEntries(cursors.map((cursor, index) => [`c${index}`, cursor]))
    const data = await chief.client.get<Record<string, { nodes: { activities: object }[] }>, object>(
      document,
      variables,
    )
    const nodes = Object.values(data).flatMap((page) => page.nodes)
    expect(nodes).toHaveLength(600)
    for (const { activities } of nodes) expect(activities).toEqual({ nodes: [{ action: 'USER_REGISTERED' }] })
  })
})
