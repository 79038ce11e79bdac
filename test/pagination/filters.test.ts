import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { createTestClock, type TestClock } from '../support/clock.ts'
import { type Person, signIn, signUp, signUpAdmin } from '../support/story.ts'
import { faultsOf, login } from '../support/tokens.ts'
import { ACTIVITIES, readPage, USERS, usersBy, walk } from './walk.ts'

const UPDATE = 'mutation ($input: UpdateUserInput!) { updateUser(input: $input) { user { id } } }'
const CREATE = 'mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id } } }'

describeEachBackend('filters', (backend) => {
  let app: TestApp
  let clock: TestClock
  let chief: Person

  beforeAll(async () => {
    clock = createTestClock()
    app = await createTestApp({ backend, clock: clock.now })
    chief = await signUpAdmin(app, 'zz-chief')
  })
  afterAll(() => app.close())

  describe('of users', () => {
    const accounts = ['Anna', 'anna.b', 'ANNA_C', 'a%b', 'a_b', 'axb', 'a-b'].map((name) => name.replace('%', '-pct-'))

    beforeAll(async () => {
      for (const username of accounts) {
        const email = `${username}+100%_off@example.com`
        const input = { username, email, password: 'correct horse battery staple', isActive: username !== 'axb' }
        await chief.client.get(CREATE, { input })
      }
      await chief.client.get(CREATE, {
        input: {
          username: 'somebody',
          email: 'ann@example.org',
          password: 'correct horse battery staple',
          role: 'admin',
        },
      })
    })

    const found = async (filter: object) =>
      (await readPage(chief.client, USERS, { filter, orderBy: usersBy('USERNAME') })).nodes

    it.each<[string, string[]]>([
      ['ann', ['Anna', 'anna.b', 'ANNA_C', 'somebody']],
      ['ANN', ['Anna', 'anna.b', 'ANNA_C', 'somebody']],
      ['anna', ['Anna', 'anna.b', 'ANNA_C']],
      ['anna.', ['anna.b']],
      ['anna_', ['ANNA_C']],
      ['a_', ['a_b']],
      ['a_b+100%_OFF@', ['a_b']],
      ['a%', []],
      ['%', []],
      ['_', []],
      ['nna', []],
      ['\\', []],
      ['a\\_b', []],
      ["' or 1=1 --", []],
      ['änna', []],
      ['ＡＮＮＡ', []],
      ['anna ', []],
      [' anna', []],
      ['anna\0', []],
      ['\u212Aate', []],
    ])('take %j literally, from the start, in any case', async (search, names) => {
      expect(await found({ search })).toEqual(names)
    })

    it('take an empty search as none, and one that is too long for too long', async () => {
      expect(await found({ search: '' })).toHaveLength(accounts.length + 2)
      const answer = await chief.client.run(USERS, { filter: { search: 'x'.repeat(255) } })
      expect(faultsOf(answer)).toEqual([['filter.search', 'TOO_LONG']])
      expect(await found({ search: 'x'.repeat(254) })).toEqual([])
    })

    it.each<[object, string[]]>([
      [{ role: 'admin' }, ['somebody', 'zz-chief']],
      [{ role: 'admin', search: 'zz' }, ['zz-chief']],
      [{ role: 'user', isActive: false }, ['axb']],
      [{ role: 'admin', isActive: false }, []],
      [{ isActive: false, search: 'a' }, ['axb']],
      [{ role: null, isActive: null, search: 'somebody' }, ['somebody']],
      [{ role: 'ADMIN' }, []],
      [{ role: 'admin ' }, []],
      [{ role: 'nobody' }, []],
      [{ role: '__proto__' }, []],
      [{ role: '' }, []],
    ])('%j must all hold', async (filter, names) => {
      expect(await found({ ...filter })).toEqual(names.map((name) => (name === 'zz-chief' ? chief.username : name)))
    })

    it('count what they find, whatever the page', async () => {
      const document =
        'query ($filter: UserFilter, $first: Int) { users(first: $first, filter: $filter) { nodes { id } totalCount } }'
      const count = async (filter: object) =>
        (await chief.client.get<{ users: { totalCount: number } }, object>(document, { filter, first: 1 })).users
          .totalCount
      expect(await count({ search: 'anna' })).toBe(3)
      expect(await count({ role: 'admin ' })).toBe(0)
      expect(await count({ search: 'ä' })).toBe(0)
      expect(await count({})).toBe(accounts.length + 2)
    })
  })

  describe('of activity', () => {
    let alice: Person
    let bob: Person
    const moments: Date[] = []

    beforeAll(async () => {
      clock.advance(60)
      alice = await signUp(app, 'alice')
      bob = await signUp(app, 'bob')
      for (const displayName of ['A', 'B', 'C']) {
        clock.advance(60)
        moments.push(clock.now())
        await chief.client.get(UPDATE, { input: { userId: bob.id, displayName } })
        await alice.client.get('mutation ($n: String) { updateProfile(input: { displayName: $n }) { user { id } } }', {
          n: displayName,
        })
        await login(app, 'nobody-at-all', 'wrong')
      }
    })

    const READ = `query ($filter: ActivityFilter) {
      activities(first: 100, filter: $filter) { nodes { action userId actorId timestamp } totalCount }
    }`
    interface Read {
      activities: {
        nodes: { action: string; userId: string; actorId: string; timestamp: string }[]
        totalCount: number
      }
    }
    const read = async (filter: object) => (await chief.client.get<Read, object>(READ, { filter })).activities
    const actions = async (filter: object) => (await read(filter)).nodes.map(({ action }) => action)

    it('by account, by actor, by action and by time, all at once', async () => {
      expect(await actions({ userId: alice.id })).toEqual([
        ...Array(3).fill('PROFILE_UPDATED'),
        'USER_LOGIN',
        'USER_REGISTERED',
      ])
      expect(await actions({ userId: bob.id, actorId: chief.id })).toEqual(Array(3).fill('USER_UPDATED'))
      expect(await actions({ userId: bob.id, actorId: alice.id })).toEqual([])
      expect(await actions({ actorId: alice.id, actions: ['USER_LOGIN', 'USER_REGISTERED'] })).toHaveLength(2)
      const [from, to] = moments
      expect(await actions({ from, to })).toEqual(['USER_LOGIN_FAILED', 'PROFILE_UPDATED', 'USER_UPDATED'])
      expect(await actions({ from, to, userId: bob.id })).toEqual(['USER_UPDATED'])
    })

    it('take from as inclusive and to as exclusive, to the millisecond and in any time zone', async () => {
      const [, second = new Date(0)] = moments
      const next = new Date(second.getTime() + 1)
      const before = new Date(second.getTime() - 1)
      expect(await actions({ userId: alice.id, from: second, to: next })).toEqual(['PROFILE_UPDATED'])
      expect(await actions({ userId: alice.id, from: before, to: second })).toEqual([])
      expect(await actions({ userId: alice.id, from: next, to: before })).toEqual([])
      const inTokyo = (moment: Date) => new Date(moment.getTime() + 9 * 3_600_000).toISOString().replace('Z', '+09:00')
      expect(await actions({ userId: alice.id, from: inTokyo(second), to: inTokyo(next) })).toEqual(['PROFILE_UPDATED'])
    })

    it('match nothing with no action, an unknown id or one that is none', async () => {
      const filters = [
        { actions: [] },
        { userId: 'nobody' },
        { actorId: "' or 1=1 --" },
        { userId: '0' },
        { userId: '' },
        { actorId: 0 },
        { userId: alice.id.toUpperCase() },
        { userId: `${alice.id} ` },
        { actorId: 'x'.repeat(10_000) },
      ]
      for (const filter of filters) expect(await read(filter)).toEqual({ nodes: [], totalCount: 0 })
      expect(
        (await read({ actions: null, userId: null, actorId: null, from: null, to: null })).totalCount,
      ).toBeGreaterThan(10)
    })

    it.each([
      ['0000-01-01T00:00:00Z', '9999-12-31T23:59:59.999Z', 5],
      ['0000-01-01T00:00:00+14:00', '9999-12-31T23:59:59-12:00', 5],
      ['0001-01-01T00:00:00Z', '0001-01-02T00:00:00Z', 0],
    ])('take the whole range of dates, %s to %s', async (from, to, count) => {
      expect(await actions({ userId: alice.id, from, to })).toHaveLength(count)
    })

    it('stay in force from page to page, among entries of one moment', async () => {
      const filter = { actions: ['USER_UPDATED', 'USER_LOGIN_FAILED', 'PROFILE_UPDATED'] }
      const { nodes } = await readPage(chief.client, ACTIVITIES, { first: 100, filter })
      expect(nodes).toHaveLength(9)
      for (const size of [1, 2, 4]) {
        expect(await walk(chief.client, ACTIVITIES, { first: size, filter })).toEqual(nodes)
        expect(await walk(chief.client, ACTIVITIES, { last: size, filter })).toEqual(nodes)
      }
    })

    it('count at most 5 seconds behind', async () => {
      const { totalCount } = await read({ userId: alice.id, actions: ['USER_LOGIN'] })
      await signIn(app, alice.username)
      expect([totalCount, totalCount + 1]).toContain(
        (await read({ userId: alice.id, actions: ['USER_LOGIN'] })).totalCount,
      )
      await expect
        .poll(async () => (await read({ userId: alice.id, actions: ['USER_LOGIN'] })).totalCount, {
          timeout: 8000,
          interval: 250,
        })
        .toBe(totalCount + 1)
    })
  })
})
