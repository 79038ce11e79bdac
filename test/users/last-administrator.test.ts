import { afterEach, beforeEach, expect, it } from 'vitest'
import type { App } from '../../src/app.ts'
import { createSecondInstance, createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { TestClient } from '../support/client.ts'
import { PASSWORD, type Person, signUp, signUpAdmin } from '../support/story.ts'

const ENDS: [string, (person: Person) => [string, object]][] = [
  [
    'demoted',
    ({ id }) => ['mutation ($id: ID!) { updateUser(input: { userId: $id, role: "user" }) { user { id } } }', { id }],
  ],
  [
    'disabled',
    ({ id }) => ['mutation ($id: ID!) { updateUser(input: { userId: $id, isActive: false }) { user { id } } }', { id }],
  ],
  ['deleted', ({ id }) => ['mutation ($id: ID!) { deleteUser(input: { userId: $id }) { userId } }', { id }]],
  [
    'removed by deleteProfile',
    ({ id }) => [
      'mutation ($id: ID!, $p: String) { deleteProfile(input: { userId: $id, currentPassword: $p }) { userId } }',
      { id, p: PASSWORD },
    ],
  ],
]

describeEachBackend('the last active administrator', (backend) => {
  let app: TestApp
  let other: App
  let chief: Person

  beforeEach(async () => {
    app = await createTestApp({ backend })
    other = await createSecondInstance(app)
    chief = await signUpAdmin(app)
  })
  afterEach(async () => {
    await other.close()
    await app.close()
  })

  const isAdministrator = async ({ client }: Person) =>
    (await client.run('{ users { nodes { id } } }')).codes.length === 0

  it.each(ENDS)('cannot be %s, though there are users and disabled administrators', async (_, end) => {
    await signUp(app)
    const idle = await signUpAdmin(app)
    await chief.client.get(
      'mutation ($id: ID!) { updateUser(input: { userId: $id, isActive: false }) { user { id } } }',
      { id: idle.id },
    )
    const { errors } = await chief.client.run(...end(chief))
    expect(errors[0]?.extensions).toEqual({ code: 'CONFLICT' })
    expect(await isAdministrator(chief)).toBe(true)
    const trace = await chief.client.get(
      'query ($id: ID!) { activities(filter: { userId: $id, actorId: $id, actions: [USER_ROLE_CHANGED, USER_DEACTIVATED, USER_DELETED, PROFILE_DELETED] }) { nodes { id } } }',
      { id: chief.id },
    )
    expect(trace).toEqual({ activities: { nodes: [] } })
    expect((await idle.client.run('{ me { id } }')).codes).toEqual(['UNAUTHENTICATED'])
    await chief.client.get(...end(idle))
  })

  it.each(ENDS)('may be %s by oneself where there is another', async (_, end) => {
    const second = await signUpAdmin(app)
    await chief.client.get(...end(chief))
    expect([await isAdministrator(chief), await isAdministrator(second)]).toEqual([false, true])
  })

  it.each(ENDS)('is there after all of them were %s at once, on two instances', async (_, end) => {
    const chiefs = [chief, await signUpAdmin(app), await signUpAdmin(app), await signUpAdmin(app)]
    // Each administrator removes itself at the same time, half of them through the other instance.
    const answers = await Promise.all(
      chiefs.map(async (person, index) => {
        const instance = index % 2 === 0 ? app : other
        return new TestClient(instance.url, { token: person.accessToken }).run(...end(person))
      }),
    )
    const codes = answers.map(({ codes: [code] }) => code ?? 'OK').sort()
    expect(codes).toEqual(['CONFLICT', 'OK', 'OK', 'OK'])
    const left = await Promise.all(chiefs.map(isAdministrator))
    expect(left.filter(Boolean)).toHaveLength(1)
  })
})
