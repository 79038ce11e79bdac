import { afterAll, beforeAll, expect, it } from 'vitest'
import type { App } from '../../src/app.ts'
import { deedsOf, giveRole, type KeyEntry, makeKey, revokeKey, UPDATE_USER } from '../support/api-keys.ts'
import { createSecondInstance, createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { Browser } from '../support/browser.ts'
import { TestClient } from '../support/client.ts'
import { UPDATE_ROLE } from '../support/roles.ts'
import { PASSWORD, type Person, signIn, signUp, signUpAdmin } from '../support/story.ts'
import { codesOf, login, REFRESH } from '../support/tokens.ts'

const ME = '{ me { username permissions } }'
const USERS = '{ users(first: 1) { nodes { id } } }'
const CREATE_USER = 'mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id role { name } } } }'
const UPDATE_PROFILE = 'mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { user { id } } }'
const DELETE_USER = 'mutation ($id: ID!) { deleteUser(input: { userId: $id }) { userId } }'
const REVOKE_SESSIONS = 'mutation ($id: ID!) { revokeUserSessions(input: { userId: $id }) { revokedSessions } }'

/** Fields that sessions alone may call, as an administrator could. */
const OF_SESSIONS = [
  '{ session { id } }',
  'mutation { logout { sessionId } }',
  `mutation { changeEmail(input: { email: "a@example.com", currentPassword: "${PASSWORD}" }) { user { id } } }`,
  `mutation { changePassword(input: { currentPassword: "${PASSWORD}", newPassword: "another password 2" }) { user { id } } }`,
  `mutation { deleteProfile(input: { currentPassword: "${PASSWORD}" }) { userId } }`,
  'mutation { revokeSession(input: { sessionId: "x" }) { sessionId } }',
  'mutation { revokeOtherSessions { revokedSessions } }',
  'mutation { setSessionValue(input: { key: "a", value: 1 }) { session { id } } }',
  'mutation { removeSessionValue(input: { key: "a" }) { session { id } } }',
  'mutation { clearSessionValues { session { id } } }',
  'mutation { requestEmailVerification { accepted } }',
  `mutation { reauthenticate(input: { password: "${PASSWORD}" }) { session { id } } }`,
  'mutation { startTotp { secret } }',
  'mutation { confirmTotp(input: { code: "123456" }) { recoveryCodes } }',
  'mutation { removeTotp { user { id } } }',
  'mutation { replaceRecoveryCodes { recoveryCodes } }',
  'mutation { resetSecondFactor(input: { userId: "x" }) { user { id } } }',
  'mutation { createRole(input: { name: "by-key", permissions: [] }) { role { name } } }',
  'mutation { updateRole(input: { name: "user", permissions: [] }) { role { name } } }',
  'mutation { deleteRole(input: { name: "user" }) { name } }',
  'mutation { createApiKey(input: { name: "x", permissions: [PROFILE_READ] }) { secret } }',
  'mutation { revokeApiKey(input: { apiKeyId: "x" }) { apiKeyId } }',
]

describeEachBackend('a key for a program', (backend) => {
  let app: TestApp
  let other: App
  let chief: Person
  let everything: string[]

  beforeAll(async () => {
    app = await createTestApp({ backend, env: { MAX_SESSIONS: '1000', TRUSTED_PROXIES: '127.0.0.1' } })
    other = await createSecondInstance(app)
    chief = await signUpAdmin(app)
    everything = (await chief.client.get<{ me: { permissions: string[] } }, undefined>(ME)).me.permissions
  })
  afterAll(async () => {
    await other.close()
    await app.close()
  })

  let number = 0
  const account = () => {
    number += 1
    return { username: `made${number}-${backend}`, email: `made${number}@${backend}.example`, password: PASSWORD }
  }
  /** What the owner of a key may do by it, at both instances. */
  const permissionsOf = async (secret: string) => {
    const answers = await Promise.all(
      [app, other].map(({ url }) =>
        new TestClient(url, { token: secret }).run<{ me: { permissions: string[] } | null }, undefined>(ME),
      ),
    )
    const [first, second] = answers.map(({ data, codes }) => data?.me?.permissions ?? codes)
    expect(second).toEqual(first)
    return first
  }
  const update = (input: object) => chief.client.get(UPDATE_USER, { input })
  /** Of the newest deeds of an account, those with an action. */
  const entriesOf = async (actorId: string, action: string): Promise<KeyEntry[]> =>
    (await deedsOf(chief, actorId)).filter((entry) => entry.action === action)

  it('may do what it names and its owner may still do, asked with each request (ASVS 8.3.1, 8.3.2)', async () => {
    const alice = await signUp(app)
    const role = await giveRole(app, chief, alice.id, ['PROFILE_READ', 'USER_READ', 'PROFILE_READ_ANY'])
    const key = await makeKey(app, alice, ['PROFILE_READ', 'USER_READ'])
    expect(await permissionsOf(key.secret)).toEqual(['PROFILE_READ', 'USER_READ'])
    expect((await key.client.run(USERS)).codes).toEqual([])
    expect((await key.client.run('query ($id: ID!) { user(id: $id) { id } }', { id: chief.id })).codes).toEqual([
      'FORBIDDEN',
    ])

    await chief.client.get(UPDATE_ROLE, { input: { name: role, permissions: ['PROFILE_READ'] } })
    expect(await permissionsOf(key.secret)).toEqual(['PROFILE_READ'])
    expect((await key.client.run(USERS)).codes).toEqual(['FORBIDDEN'])
    await chief.client.get(UPDATE_ROLE, { input: { name: role, permissions: ['USER_READ'] } })
    expect(await permissionsOf(key.secret)).toEqual(['FORBIDDEN'])
    expect((await key.client.run(USERS)).codes).toEqual([])

    await update({ userId: alice.id, role: 'user' })
    expect(await permissionsOf(key.secret)).toEqual(['PROFILE_READ'])
    await update({ userId: alice.id, role: 'admin' })
    expect(await permissionsOf(key.secret)).toEqual(['PROFILE_READ', 'USER_READ'])
  })

  it('sleeps while its owner is disabled, and ends with the account (ASVS 7.4.2)', async () => {
    const alice = await signUp(app)
    const key = await makeKey(app, alice, ['PROFILE_READ'])
    await update({ userId: alice.id, isActive: false })
    expect(await permissionsOf(key.secret)).toEqual(['UNAUTHENTICATED'])
    await update({ userId: alice.id, isActive: true })
    expect(await permissionsOf(key.secret)).toEqual(['PROFILE_READ'])
    await chief.client.get(DELETE_USER, { id: alice.id })
    expect(await permissionsOf(key.secret)).toEqual(['UNAUTHENTICATED'])

    const bob = await signUp(app)
    const revoked = await makeKey(app, bob, ['PROFILE_READ'])
    await revokeKey(bob, revoked.id)
    expect(await permissionsOf(revoked.secret)).toEqual(['UNAUTHENTICATED'])
  })

  it('of an administrator may call no field of sessions, and leaves ACCESS_DENIED with its id (ASVS 8.2.1)', async () => {
    const owner = await signUpAdmin(app)
    const key = await makeKey(app, owner, everything)
    for (const document of OF_SESSIONS) expect((await key.client.run(document)).codes, document).toEqual(['FORBIDDEN'])
    const denied = await entriesOf(owner.id, 'ACCESS_DENIED')
    expect(denied).toHaveLength(OF_SESSIONS.length)
    for (const entry of denied) expect(entry).toMatchObject({ userId: owner.id, apiKeyId: key.id })
    // What a session is refused tells of no key.
    const { client, id } = await signUp(app)
    expect((await client.run(USERS)).codes).toEqual(['FORBIDDEN'])
    expect(await entriesOf(id, 'ACCESS_DENIED')).toMatchObject([{ details: 'users', apiKeyId: null }])
  })

  it('hides no refusal of its owner behind its own, nor the reverse', async () => {
    const alice = await signUp(app)
    const [first, second] = [await makeKey(app, alice, ['PROFILE_READ']), await makeKey(app, alice, ['PROFILE_READ'])]
    for (const { client } of [alice, first, second, alice, first]) await client.run(USERS)
    const ids = (await entriesOf(alice.id, 'ACCESS_DENIED')).map(({ apiKeyId }) => apiKeyId)
    expect(ids).toEqual([null, first.id, second.id])
  })

  it('needs profile:read for me, which a session does not', async () => {
    const alice = await signUp(app)
    const key = await makeKey(app, alice, ['ACTIVITY_READ_OWN'])
    expect((await key.client.run('{ me { id } }')).codes).toEqual(['FORBIDDEN'])
    await giveRole(app, chief, alice.id, ['ACTIVITY_READ_OWN'])
    expect((await alice.client.run('{ me { id } }')).codes).toEqual([])
  })

  it('sees neither sessions nor keys nor recovery codes, its own and of others', async () => {
    const owner = await signUpAdmin(app)
    const key = await makeKey(app, owner, everything)
    const fields = 'sessions { id } apiKeys { id } recoveryCodesLeft'
    const hidden = { sessions: null, apiKeys: null, recoveryCodesLeft: null }
    expect(await key.client.get(`{ me { ${fields} } }`)).toEqual({ me: hidden })
    const query = `query ($id: ID!) { user(id: $id) { ${fields} } }`
    expect(await key.client.get(query, { id: chief.id })).toEqual({ user: hidden })
    expect(await owner.client.get(query, { id: owner.id })).toMatchObject({ user: { sessions: [{}], apiKeys: [{}] } })
  })

  it('narrows the permissions of its own account alone', async () => {
    const owner = await signUpAdmin(app)
    const key = await makeKey(app, owner, ['PROFILE_READ', 'PROFILE_READ_ANY', 'USER_READ'])
    const query = 'query ($id: ID!) { user(id: $id) { permissions } }'
    expect(await key.client.get(query, { id: owner.id })).toEqual({
      user: { permissions: ['PROFILE_READ', 'PROFILE_READ_ANY', 'USER_READ'] },
    })
    expect(await key.client.get(query, { id: chief.id })).toEqual({ user: { permissions: everything } })
    const blind = await makeKey(app, owner, ['PROFILE_READ', 'PROFILE_READ_ANY'])
    expect(await blind.client.get(query, { id: chief.id })).toEqual({ user: { permissions: null } })
  })

  it('is asked by can, with its own permissions', async () => {
    const owner = await signUpAdmin(app)
    const key = await makeKey(app, owner, ['USER_READ'])
    const can =
      '{ a: can(permission: USER_READ) { allowed reason } b: can(permission: USER_DELETE) { allowed reason } }'
    expect(await key.client.get(can)).toEqual({
      a: { allowed: true, reason: null },
      b: { allowed: false, reason: 'FORBIDDEN' },
    })
  })

  it('is named by every row of what is done with it', async () => {
    const owner = await signUpAdmin(app)
    const key = await makeKey(app, owner, everything)
    const { createUser } = await key.client.get<{ createUser: { user: { id: string } } }, object>(CREATE_USER, {
      input: account(),
    })
    const { id } = createUser.user
    const bob = await signUp(app)
    const ofBob = await makeKey(app, bob, ['PROFILE_READ'])
    await key.client.get(UPDATE_PROFILE, { input: { displayName: 'Of the owner' } })
    await key.client.get(UPDATE_PROFILE, { input: { userId: bob.id, displayName: 'Of Bob' } })
    await key.client.get(UPDATE_USER, { input: { userId: bob.id, displayName: 'Again', isActive: false } })
    await key.client.get(UPDATE_USER, { input: { userId: bob.id, isActive: true } })
    await signIn(app, bob.username)
    await key.client.get(REVOKE_SESSIONS, { id: bob.id })
    await key.client.get(DELETE_USER, { id })
    const deeds = (await deedsOf(chief, owner.id)).filter(({ apiKeyId }) => apiKeyId !== null)
    for (const entry of deeds) expect(entry).toMatchObject({ actorId: owner.id, apiKeyId: key.id })
    expect(deeds.map(({ action, userId }) => [action, userId])).toEqual([
      ['USER_CREATED', id],
      ['PROFILE_UPDATED', owner.id],
      ['PROFILE_UPDATED', bob.id],
      ['USER_DEACTIVATED', bob.id],
      ['USER_UPDATED', bob.id],
      ['USER_ACTIVATED', bob.id],
      ['API_KEY_REVOKED', bob.id],
      ['SESSION_REVOKED', bob.id],
      ['USER_DELETED', id],
    ])
    expect(deeds.find(({ action }) => action === 'API_KEY_REVOKED')?.details).toBe(ofBob.id)
  })

  it('beside what anybody may do takes no notice, good or bad', async () => {
    const owner = await signUpAdmin(app)
    const key = await makeKey(app, owner, everything)
    for (const token of [key.secret, `${key.secret.slice(0, -1)}!`, 'gatehouse_x']) {
      const input = account()
      const register = 'mutation ($input: RegisterInput!) { register(input: $input) { user { id sessions { id } } } }'
      type Registered = { register: { user: { id: string; sessions: null } } }
      const { data, codes } = await new TestClient(app.url, { token }).run<Registered, object>(register, { input })
      expect(codes).toEqual([])
      const signedIn = await login(app, input.username, PASSWORD, { token })
      expect(signedIn.codes).toEqual([])
      const { session, refreshToken } = signedIn.data?.login ?? {}
      expect(session?.isCurrent).toBe(true)
      const next = await new TestClient(app.url, { token }).run(REFRESH, { input: { refreshToken } })
      expect(next.codes).toEqual([])
      const id = data?.register.user.id ?? ''
      expect(await deedsOf(chief, id)).toMatchObject([
        { action: 'USER_REGISTERED', userId: id, apiKeyId: null },
        { action: 'USER_LOGIN', userId: id, apiKeyId: null },
      ])
    }
    expect((await deedsOf(chief, owner.id)).filter(({ apiKeyId }) => apiKeyId !== null)).toEqual([])
  })

  it('comes as a Bearer token, never by cookie, address, body or another header (ASVS 14.2.1)', async () => {
    const key = await makeKey(app, await signUp(app), ['PROFILE_READ'])
    const { secret } = key
    expect(await codesOf(app, secret)).toEqual([])
    const client = new TestClient(app.url)
    const headers: Record<string, string>[] = [
      { cookie: `gatehouse-refresh=${secret}; __Host-gatehouse-refresh=${secret}; access_token=${secret}` },
      { 'x-api-key': secret },
      { authorization: secret },
      { authorization: `Basic ${Buffer.from(`${secret}:`).toString('base64')}` },
      { authorization: `ApiKey ${secret}` },
      { authorization: `Bearer ${secret} ${secret}` },
    ]
    for (const header of headers)
      expect((await client.run('{ me { id } }', {}, { headers: header })).codes).toEqual(['UNAUTHENTICATED'])
    for (const name of ['access_token', 'api_key', 'token', 'authorization']) {
      const address = `${app.url}/graphql?query=%7Bme%7Bid%7D%7D&${name}=${secret}`
      const answer = await fetch(address, { headers: { 'apollo-require-preflight': 'true' } })
      expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] })
    }
    const browser = new Browser(app)
    browser.cookies.set('__Host-gatehouse-refresh', secret)
    expect((await browser.refresh()).codes).toEqual(['REFRESH_TOKEN_INVALID'])
    const refreshing = await client.run(REFRESH, { input: { refreshToken: secret } })
    expect(refreshing.codes).toEqual(['REFRESH_TOKEN_INVALID'])
  })

  it('does not sign out whose cookie comes along', async () => {
    const alice = await signUp(app)
    const key = await makeKey(app, alice, ['PROFILE_READ'])
    const browser = new Browser(app)
    const csrfToken = (await browser.login(alice.username)).data?.login?.csrfToken ?? ''
    const headers = { 'x-csrf-token': csrfToken }
    const byKey = await browser.run('mutation { logout { sessionId } }', {}, { token: key.secret, headers })
    expect(byKey.codes).toEqual(['FORBIDDEN'])
    expect((await browser.run('mutation { logout { sessionId } }', {}, { headers })).codes).toEqual([])
  })

  it('gives no role in updateUser, whatever it may do', async () => {
    const key = await makeKey(app, await signUpAdmin(app), everything)
    const bob = await signUp(app)
    for (const role of ['admin', 'user', 'nobody']) {
      const input = { userId: bob.id, role, displayName: 'By key' }
      expect((await key.client.run(UPDATE_USER, { input })).codes).toEqual(['FORBIDDEN'])
    }
    expect((await key.client.run(UPDATE_USER, { input: { userId: bob.id, displayName: 'By key' } })).codes).toEqual([])
  })

  it('gives accounts that it makes no role that may do more, the default one included (ASVS 8.2.1)', async () => {
    const owner = await signUpAdmin(app)
    const narrow = await makeKey(app, owner, ['USER_CREATE', 'PROFILE_READ', 'ACTIVITY_READ_OWN'])
    for (const more of [{}, { role: 'user' }]) {
      const { codes, errors } = await narrow.client.run(CREATE_USER, { input: { ...account(), ...more } })
      expect(codes).toEqual(['FORBIDDEN'])
      expect(errors[0]?.extensions.permissions).toEqual(['PROFILE_UPDATE', 'PROFILE_DELETE'])
    }
    const wide = await makeKey(app, owner, [
      'USER_CREATE',
      'PROFILE_READ',
      'PROFILE_UPDATE',
      'PROFILE_DELETE',
      'ACTIVITY_READ_OWN',
    ])
    expect(await wide.client.get(CREATE_USER, { input: account() })).toMatchObject({
      createUser: { user: { role: { name: 'user' } } },
    })
    const { codes, errors } = await wide.client.run(CREATE_USER, { input: { ...account(), role: 'admin' } })
    expect(codes).toEqual(['FORBIDDEN'])
    expect(errors[0]?.extensions.permissions).toContain('ROLE_MANAGE')
  })

  it('acts on no account that may do more than it', async () => {
    const owner = await signUpAdmin(app)
    const key = await makeKey(app, owner, ['USER_UPDATE', 'USER_DELETE', 'PROFILE_UPDATE', 'PROFILE_UPDATE_ANY'])
    const { id } = await signUp(app)
    const [lacking, input] = [['PROFILE_READ', 'PROFILE_DELETE', 'ACTIVITY_READ_OWN'], { userId: id, displayName: 'x' }]
    const tries = [
      key.client.run(UPDATE_USER, { input }),
      key.client.run(UPDATE_PROFILE, { input }),
      key.client.run(REVOKE_SESSIONS, { id }),
      key.client.run(DELETE_USER, { id }),
    ]
    for (const { codes, errors } of await Promise.all(tries)) {
      expect(codes).toEqual(['FORBIDDEN'])
      expect(errors[0]?.extensions.permissions).toEqual(lacking)
    }
    // On its own account it may act.
    expect((await key.client.run(UPDATE_USER, { input: { ...input, userId: owner.id } })).codes).toEqual([])
  })
})
