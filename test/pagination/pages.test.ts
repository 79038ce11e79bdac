import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { createTestClock, type TestClock } from '../support/clock.ts'
import { type Person, signUp, signUpAdmin } from '../support/story.ts'
import { faultsOf } from '../support/tokens.ts'
import { type PageArguments, readPage, USERS, usersBy, walk } from './walk.ts'

const ORDERS = [
  undefined,
  ...['CREATED_AT', 'USERNAME', 'EMAIL'].flatMap((field) => [{ field }, { field, direction: 'DESC' }]),
]

describeEachBackend('pages of a list', (backend) => {
  let app: TestApp
  let clock: TestClock
  let chief: Person
  const names: string[] = []

  beforeAll(async () => {
    clock = createTestClock()
    app = await createTestApp({ backend, clock: clock.now })
    chief = await signUpAdmin(app)
    names.push(chief.username)
    // Three accounts of each moment, so that the id breaks ties.
    for (let moment = 0; moment < 3; moment++) {
      clock.advance(1)
      for (const name of ['Mia', 'zoe', 'Ada']) names.push((await signUp(app, name)).username)
    }
  })
  afterAll(() => app.close())

  it('begin with the newest, 20 where nothing else is asked', async () => {
    expect((await readPage(chief.client, USERS, {})).nodes).toEqual(names.toReversed())
  })

  it.each(ORDERS)(
    'go through %j forward and backward without a gap or a repetition, equal keys or not',
    async (orderBy) => {
      const { nodes } = await readPage(chief.client, USERS, { first: 100, orderBy })
      expect(nodes.toSorted()).toEqual(names.toSorted())
      for (const size of [1, 2, 3, 10]) {
        expect(await walk(chief.client, USERS, { first: size, orderBy })).toEqual(nodes)
        expect(await walk(chief.client, USERS, { last: size, orderBy })).toEqual(nodes)
      }
    },
  )

  it.each([
    ['USERNAME', (name: string) => name.toLowerCase()],
    ['EMAIL', (name: string) => `${name}@example.com`.toLowerCase()],
  ])('order %s without regard to case', async (field, keyOf) => {
    const sorted = names.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
    expect((await readPage(chief.client, USERS, { orderBy: { field } })).nodes).toEqual(sorted)
    expect((await readPage(chief.client, USERS, { orderBy: { field, direction: 'DESC' } })).nodes).toEqual(
      sorted.toReversed(),
    )
  })

  it('tell what is ahead by looking, and what is behind by whether there was a cursor', async () => {
    const page = (args: PageArguments) => readPage(chief.client, USERS, args)
    const first = await page({ first: 4 })
    expect([first.hasNextPage, first.hasPreviousPage]).toEqual([true, false])
    const rest = await page({ first: 6, after: first.endCursor })
    expect([rest.hasNextPage, rest.hasPreviousPage]).toEqual([false, true])
    expect([...first.nodes, ...rest.nodes]).toEqual(names.toReversed())
    const last = await page({ last: 4 })
    expect([last.hasNextPage, last.hasPreviousPage]).toEqual([false, true])
    const start = await page({ last: 6, before: last.startCursor })
    expect([start.hasNextPage, start.hasPreviousPage]).toEqual([true, false])
    expect([...start.nodes, ...last.nodes]).toEqual(names.toReversed())
    const nothing = await page({ first: 1, after: rest.endCursor })
    expect(nothing).toEqual({
      nodes: [],
      hasNextPage: false,
      hasPreviousPage: true,
      startCursor: null,
      endCursor: null,
    })
  })

  it('take one cursor for after and for before, from an edge or from the ends of a page', async () => {
    const { client } = chief
    const [, middle] = (await readPage(client, USERS, { first: 3 })).edges ?? []
    const nodes = names.toReversed()
    expect((await readPage(client, USERS, { first: 2, after: middle?.cursor })).nodes).toEqual(nodes.slice(2, 4))
    expect((await readPage(client, USERS, { last: 2, before: middle?.cursor })).nodes).toEqual(nodes.slice(0, 1))
  })

  it('take a cursor under any filter and from any viewer, but only in its own order', async () => {
    const { endCursor } = await readPage(chief.client, USERS, { first: 2, orderBy: usersBy('CREATED_AT', 'DESC') })
    const other = await signUpAdmin(app)
    const search = { after: endCursor, filter: { search: 'mia' } }
    expect((await readPage(other.client, USERS, search)).nodes).toEqual(
      names
        .toReversed()
        .slice(2)
        .filter((name) => /^mia/i.test(name)),
    )
    for (const orderBy of [usersBy('CREATED_AT'), usersBy('USERNAME', 'DESC'), usersBy('EMAIL', 'DESC')]) {
      expect(faultsOf(await chief.client.run(USERS, { after: endCursor, orderBy }))).toEqual([['after', 'INVALID']])
    }
    expect(
      faultsOf(
        await chief.client.run('query ($after: String) { activities(after: $after) { nodes { id } } }', {
          after: endCursor,
        }),
      ),
    ).toEqual([['after', 'INVALID']])
    await chief.client.get('mutation ($id: ID!) { deleteUser(input: { userId: $id }) { userId } }', { id: other.id })
  })

  describe('refuse', () => {
    it.each<[PageArguments, [string, string][]]>([
      [{ first: 0 }, [['first', 'OUT_OF_RANGE']]],
      [{ first: -1 }, [['first', 'OUT_OF_RANGE']]],
      [{ first: 101 }, [['first', 'OUT_OF_RANGE']]],
      [{ last: 0 }, [['last', 'OUT_OF_RANGE']]],
      [{ last: 101 }, [['last', 'OUT_OF_RANGE']]],
      [{ first: 1, last: 1 }, [['last', 'INVALID']]],
      [
        { first: 0, last: 0 },
        [
          ['last', 'INVALID'],
          ['first', 'OUT_OF_RANGE'],
        ],
      ],
      [{ before: 'CURSOR' }, [['before', 'INVALID']]],
      [{ first: 1, before: 'CURSOR' }, [['before', 'INVALID']]],
      [{ last: 1, after: 'CURSOR' }, [['after', 'INVALID']]],
      [{ after: 'CURSOR', before: 'CURSOR' }, [['before', 'INVALID']]],
      [{ after: '' }, [['after', 'INVALID']]],
      [{ last: 1, before: "' or 1=1 --" }, [['before', 'INVALID']]],
    ])('%j with the path of each argument that does not fit', async (args, faults) => {
      const { endCursor } = await readPage(chief.client, USERS, { first: 1 })
      const real = Object.fromEntries(
        Object.entries(args).map(([name, value]) => [name, value === 'CURSOR' ? endCursor : value]),
      )
      const answer = await chief.client.run<{ list: null }, object>(USERS, real)
      expect(answer.codes).toEqual(['BAD_USER_INPUT'])
      expect(faultsOf(answer)).toEqual(faults)
      expect(answer.data?.list).toBeNull()
    })

    it('a cursor with one letter changed, cut or added, whichever it is', async () => {
      const { endCursor } = await readPage(chief.client, USERS, { first: 1 })
      const cursor = endCursor ?? ''
      const changed = Array.from(
        cursor,
        (letter, index) => cursor.slice(0, index) + (letter === 'A' ? 'B' : 'A') + cursor.slice(index + 1),
      )
      for (const forged of [
        ...changed,
        cursor.slice(1),
        cursor.slice(0, -1),
        `${cursor}A`,
        `${cursor}=`,
        ` ${cursor}`,
      ]) {
        expect(faultsOf(await chief.client.run(USERS, { after: forged }))).toEqual([['after', 'INVALID']])
      }
    })

    it('a cursor of 60,000 letters, and a page of a thousand million', async () => {
      expect(faultsOf(await chief.client.run(USERS, { after: 'x'.repeat(60_000) }))).toEqual([['after', 'INVALID']])
      expect((await chief.client.run(USERS, { first: 1_000_000_000 })).codes).toEqual(['QUERY_TOO_COMPLEX'])
    })

    it('nothing that is null: it counts as left out', async () => {
      const nulls = { first: null, after: null, last: null, before: null, filter: null, orderBy: null }
      expect((await readPage(chief.client, USERS, nulls)).nodes).toEqual(names.toReversed())
    })
  })
})
