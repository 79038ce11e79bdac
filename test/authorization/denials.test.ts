import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import type { App } from '../../src/app.ts'
import { createSecondInstance, createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { TestClient } from '../support/client.ts'
import { createTestClock, followClock, type TestClock } from '../support/clock.ts'
import { type Person, signUp, signUpAdmin } from '../support/story.ts'
import { activities } from '../support/tokens.ts'

const DELETE = 'mutation ($id: ID!) { deleteUser(input: { userId: $id }) { userId } }'

describeEachBackend('a refusal', (backend) => {
  let app: TestApp
  let chief: Person

  beforeAll(async () => {
    app = await createTestApp({ backend })
    chief = await signUpAdmin(app)
  })
  afterAll(() => app.close())

  const denials = async ({ id }: Person) =>
    (await activities(chief.client, { userId: id })).filter(({ action }) => action === 'ACCESS_DENIED')
  const denial = ({ id }: Person, field: string) => ({
    action: 'ACCESS_DENIED',
    userId: id,
    actorId: id,
    details: field,
  })

  it('of a root field leaves one entry with the name of the field, be it a query or a mutation', async () => {
    const alice = await signUp(app)
    expect((await alice.client.run('{ everybody: users { nodes { id } } }')).codes).toEqual(['FORBIDDEN'])
    expect((await alice.client.run(DELETE, { id: chief.id })).codes).toEqual(['FORBIDDEN'])
    expect(await denials(alice)).toEqual([denial(alice, 'users'), denial(alice, 'deleteUser')])
  })

  it('by the service behind the rule leaves one as well', async () => {
    const alice = await signUp(app)
    expect((await alice.client.run('query ($id: ID!) { user(id: $id) { id } }', { id: chief.id })).codes).toEqual([
      'FORBIDDEN',
    ])
    expect(await denials(alice)).toEqual([denial(alice, 'user')])
  })

  it('leaves one for each viewer and field, however many aliases and requests, with limits multiplied', async () => {
    const [alice, bob] = [await signUp(app), await signUp(app)]
    const aliases = Array.from({ length: 20 }, (_, index) => `a${index}: users { totalCount }`).join(' ')
    const answers = await Promise.all(Array.from({ length: 5 }, () => alice.client.run(`{ ${aliases} }`)))
    expect(answers.flatMap(({ codes }) => codes)).toEqual(Array(100).fill('FORBIDDEN'))
    await bob.client.run('{ users { totalCount } activities { totalCount } }')
    expect(await denials(alice)).toEqual([denial(alice, 'users')])
    expect((await denials(bob)).map(({ details }) => details).sort()).toEqual(['activities', 'users'])
  })

  it('leaves none for nested nulls, can, strangers, unknown mutations and refusals of other kinds', async () => {
    const alice = await signUp(app)
    await alice.client.get(
      `{ me { activities { nodes { user { id } actor { id } } } } can(permission: USER_READ) { allowed } }`,
    )
    const unknown = '01890000-0000-7000-8000-000000000000'
    await alice.client.run('mutation ($id: ID!) { revokeSession(input: { sessionId: $id }) { sessionId } }', {
      id: unknown,
    })
    await alice.client.run('mutation { refresh { accessToken } }', undefined, {
      headers: { cookie: '__Host-gatehouse-refresh=x' },
    })
    expect((await new TestClient(app.url).run('{ users { totalCount } }')).codes).toEqual(['UNAUTHENTICATED'])
    expect(await denials(alice)).toEqual([])
    expect(
      (await activities(chief.client, { actions: ['ACCESS_DENIED'] })).filter(({ userId }) => userId === null),
    ).toEqual([])
  })

  it('says the same text for an account that exists and one that does not', async () => {
    const [alice, bob] = [await signUp(app), await signUp(app)]
    const ids = [
      bob.id,
      '01890000-0000-7000-8000-000000000000',
      '0',
      "' or 1=1 --",
      alice.id.toUpperCase(),
      `${alice.id} `,
    ]
    const documents = [
      'query ($id: ID!) { user(id: $id) { id } }',
      DELETE,
      'mutation ($id: ID!) { updateUser(input: { userId: $id, isActive: false }) { user { id } } }',
      'mutation ($id: ID!) { updateProfile(input: { userId: $id, displayName: "x" }) { user { id } } }',
      'mutation ($id: ID!) { deleteProfile(input: { userId: $id, currentPassword: "x" }) { userId } }',
      'mutation ($id: ID!) { revokeUserSessions(input: { userId: $id }) { revokedSessions } }',
    ]
    for (const document of documents) {
      const answers = await Promise.all(ids.map((id) => alice.client.run(document, { id })))
      const texts = new Set(answers.map(({ data, errors }) => JSON.stringify([data, errors])))
      expect([...texts]).toHaveLength(1)
      expect([...texts][0]).toContain('FORBIDDEN')
    }
  })

  it('is none for an administrator: an unknown account is null to read, and not found to change', async () => {
    const unknown = [
      '01890000-0000-7000-8000-000000000000',
      '0',
      '-1',
      '9007199254740993',
      '1 OR 1=1',
      '',
      'x'.repeat(5000),
      chief.id.toUpperCase(),
    ]
    for (const id of unknown) {
      expect(await chief.client.get('query ($id: ID!) { user(id: $id) { id } }', { id })).toEqual({ user: null })
      for (const document of [
        DELETE,
        'mutation ($id: ID!) { updateUser(input: { userId: $id, displayName: "x" }) { user { id } } }',
        'mutation ($id: ID!) { updateProfile(input: { userId: $id, displayName: "x" }) { user { id } } }',
        'mutation ($id: ID!) { deleteProfile(input: { userId: $id }) { userId } }',
        'mutation ($id: ID!) { revokeUserSessions(input: { userId: $id }) { revokedSessions } }',
        'mutation ($id: ID!) { revokeSession(input: { sessionId: $id }) { sessionId } }',
      ])
        expect((await chief.client.run(document, { id })).codes).toEqual(['NOT_FOUND'])
    }
    expect((await chief.client.run('query ($id: ID!) { user(id: $id) { id } }', { id: ['a', 'b'] })).codes).toEqual([
      'BAD_USER_INPUT',
    ])
    expect(await denials(chief)).toEqual([])
  })
})

describeEachBackend('the next refusal', (backend) => {
  let app: TestApp
  let other: App
  let clock: TestClock

  afterEach(() => {
    vi.restoreAllMocks()
  })
  beforeAll(async () => {
    clock = createTestClock()
    app = await createTestApp({ backend, clock: clock.now })
    other = await createSecondInstance(app, { clock: clock.now })
  })
  afterAll(async () => {
    await other.close()
    await app.close()
  })

  it('within a minute leaves no entry; after it, by the time of the process where it counts itself, it does', async () => {
    const [chief, alice] = [await signUpAdmin(app), await signUp(app)]
    const refuse = (instance: App) =>
      new TestClient(instance.url, { token: alice.accessToken }).run('{ users { totalCount } }')
    const count = async () => (await activities(chief.client, { userId: alice.id, actions: ['ACCESS_DENIED'] })).length
    // The limiter in memory goes by the time since the start.
    followClock(clock.now)
    await refuse(app)
    clock.advance(59)
    await refuse(app)
    expect(await count()).toBe(1)
    if (backend === 'sqlite') {
      clock.advance(2)
      await refuse(app)
      expect(await count()).toBe(2)
    } else {
      await refuse(other)
      expect(await count()).toBe(1)
    }
  })
})
