import { afterAll, beforeAll, expect, it } from 'vitest'
import type { App } from '../../src/app.ts'
import { createSecondInstance, createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { TestClient } from '../support/client.ts'
import { PASSWORD, type Person, signIn, signUp, signUpAdmin } from '../support/story.ts'
import { codesOf, login, refresh, refreshed } from '../support/tokens.ts'

const INVALID = ['REFRESH_TOKEN_INVALID']
const NOBODY = ['UNAUTHENTICATED']

describeEachBackend('the end of a session', (backend) => {
  let app: TestApp
  let other: App
  let chief: Person

  beforeAll(async () => {
    app = await createTestApp({ backend })
    other = await createSecondInstance(app)
    chief = await signUpAdmin(app)
  })
  afterAll(async () => {
    await other.close()
    await app.close()
  })

  const byChief = (document: string) => (person: Person) => chief.client.get(document, { id: person.id })
  const newPassword = 'another long password 2'
  const ends: [string, (person: Person, sibling: Person) => Promise<unknown>][] = [
    ['logout', ({ client }) => client.get('mutation { logout { sessionId } }')],
    [
      'revocation from another session',
      ({ sessionId }, { client }) =>
        client.get('mutation ($id: ID!) { revokeSession(input: { sessionId: $id }) { sessionId } }', {
          id: sessionId,
        }),
    ],
    ['revocation of the others', (_, { client }) => client.get('mutation { revokeOtherSessions { revokedSessions } }')],
    [
      'a password change elsewhere',
      (_, { client }) =>
        client.get(
          'mutation ($o: String!, $n: String!) { changePassword(input: { currentPassword: $o, newPassword: $n }) { revokedSessions } }',
          { o: PASSWORD, n: newPassword },
        ),
    ],
    [
      'revocation by an administrator',
      byChief('mutation ($id: ID!) { revokeUserSessions(input: { userId: $id }) { revokedSessions } }'),
    ],
    [
      'disabling',
      byChief('mutation ($id: ID!) { updateUser(input: { userId: $id, isActive: false }) { user { id } } }'),
    ],
    ['deletion by an administrator', byChief('mutation ($id: ID!) { deleteUser(input: { userId: $id }) { userId } }')],
    [
      'deletion of one’s own account',
      ({ client }) =>
        client.get('mutation ($p: String!) { deleteProfile(input: { currentPassword: $p }) { userId } }', {
          p: PASSWORD,
        }),
    ],
  ]

  it.each(ends)('acts on the next request, on every instance: %s (ASVS 7.4.1, 7.4.2, 7.4.5)', async (_, end) => {
    const person = await signUp(app)
    const sibling = await signIn(app, person.username)
    const old = await refreshed(app, person.refreshToken)
    expect(await codesOf(other, person.accessToken)).toEqual([])
    await end(person, sibling)
    for (const instance of [other, app]) {
      expect(await codesOf(instance, person.accessToken)).toEqual(NOBODY)
      expect(await codesOf(instance, old.accessToken)).toEqual(NOBODY)
      expect((await refresh(instance, old.refreshToken)).codes).toEqual(INVALID)
      expect((await refresh(instance, person.refreshToken)).codes).toEqual(INVALID)
    }
  })

  it('leaves the session that changed the password, and the new password alone signs in (ASVS 7.4.3)', async () => {
    const person = await signUp(app)
    await signIn(app, person.username)
    const document = `mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { revokedSessions } }`
    const input = { currentPassword: PASSWORD, newPassword }
    expect(await person.client.get(document, { input })).toEqual({ changePassword: { revokedSessions: 1 } })
    expect(await codesOf(other, person.accessToken)).toEqual([])
    await refreshed(other, person.refreshToken)
    expect((await login(other, person.username)).codes).toEqual(['INVALID_CREDENTIALS'])
    expect((await login(other, person.username, newPassword)).codes).toEqual([])
  })

  it.each([
    ['a password change', ends[3]],
    ['revocation by an administrator', ends[4]],
    ['disabling', ends[5]],
    ['deletion', ends[6]],
  ] as const)('also ends what a login or refresh at the same time began: %s', async (name, end) => {
    const person = await signUp(app)
    const [sibling, third] = [await signIn(app, person.username), await signIn(app, person.username)]
    const logins = Array.from({ length: 10 }, (_, index) => login(index % 2 ? app : other, person.username))
    const [answers, raced] = await Promise.all([
      Promise.all(logins),
      Promise.all([app, other].map((instance) => refresh(instance, third.refreshToken))),
      end?.[1](person, sibling),
    ])
    const fromLogins = name.startsWith('revocation') ? [] : answers.flatMap(({ data }) => data?.login ?? [])
    const issued = [...fromLogins, ...raced.flatMap(({ data }) => data?.refresh ?? [])]
    for (const { accessToken, refreshToken } of issued) {
      expect(await codesOf(other, accessToken)).toEqual(NOBODY)
      expect((await refresh(app, refreshToken)).codes).toEqual(INVALID)
    }
  })

  it('leaves nobody for the fields after it in the same document', async () => {
    const person = await signUp(app)
    const document = `mutation ($id: ID!) {
      updateProfile(input: { displayName: "before" }) { user { id } }
      revokeSession(input: { sessionId: $id }) { sessionId }
      again: updateProfile(input: { displayName: "after" }) { user { id } }
      logout { sessionId }
    }`
    const { data, errors } = await person.client.run(document, { id: person.sessionId })
    expect(errors.map(({ path, extensions }) => [path?.[0], extensions.code])).toEqual([
      ['again', 'UNAUTHENTICATED'],
      ['logout', 'UNAUTHENTICATED'],
    ])
    expect(data).toMatchObject({ updateProfile: {}, revokeSession: {}, again: null, logout: null })
  })

  it('demotes on the next request, on every instance (ASVS 8.3.2)', async () => {
    const deputy = await signUpAdmin(app, 'deputy')
    const users = async ({ url }: App) =>
      (await new TestClient(url, { token: deputy.accessToken }).run('{ users { totalCount } }')).codes
    expect(await users(other)).toEqual([])
    await chief.client.get('mutation ($id: ID!) { updateUser(input: { userId: $id, role: "user" }) { user { id } } }', {
      id: deputy.id,
    })
    expect(await users(other)).toEqual(['FORBIDDEN'])
    expect(await users(app)).toEqual(['FORBIDDEN'])
  })

  it('is NOT_FOUND for another’s session as for an unknown one, and ends nothing', async () => {
    const [alice, bob] = [await signUp(app), await signUp(app)]
    const document = 'mutation ($id: ID!) { revokeSession(input: { sessionId: $id }) { sessionId } }'
    const answers = await Promise.all(
      [bob.sessionId, alice.id, 'nonsense', ''].map((id) => alice.client.run(document, { id })),
    )
    expect(answers.map(({ codes }) => codes)).toEqual(Array(4).fill(['NOT_FOUND']))
    expect(new Set(answers.map(({ errors }) => errors[0]?.message)).size).toBe(1)
    expect(await codesOf(app, bob.accessToken)).toEqual([])
  })
})
