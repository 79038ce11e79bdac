import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ActivityAction } from '../../src/activity/actions.ts'
import { newId } from '../../src/database/ids.ts'
import { createTestApp, describeEachBackend, type TestApp } from '../support/app.ts'
import { TestClient } from '../support/client.ts'
import { createTestClock, type TestClock } from '../support/clock.ts'
import { importLines } from '../support/import.ts'
import { createTokenMaker, type TokenMaker } from '../support/mail-tokens.ts'
import { createKey, createRole, giveRole } from '../support/rights.ts'
import { loginWith, REMOVE, REPLACE_CODES, RESET, reauthenticate, turnOn } from '../support/second-factor.ts'
import { PASSWORD, type Person, signIn, signUp, signUpAdmin } from '../support/story.ts'
import { activities, type Entry, login, refresh, refreshed } from '../support/tokens.ts'

interface Scene {
  app: TestApp
  clock: TestClock
  chief: Person
  alice: Person
  tokenOf: TokenMaker
}
/** The entries that a scene adds for a new account that has signed in: action, user, actor, details. */
type Expected = [action: string, user: string | null, actor: string | null, details?: string][]
type Line = [action: string, scene: (scene: Scene) => Promise<Expected>]

const UPDATE = 'mutation ($input: UpdateUserInput!) { updateUser(input: $input) { user { id } } }'
const update = ({ chief, alice }: Scene, change: object) =>
  chief.client.get(UPDATE, { input: { userId: alice.id, ...change } })

const changeEmail = ({ alice }: Scene) =>
  alice.client.get(
    'mutation ($e: String!, $p: String!) { changeEmail(input: { email: $e, currentPassword: $p }) { user { id } } }',
    { e: `new-${alice.email}`, p: PASSWORD },
  )

const LINES: Line[] = [
  [
    'USER_REGISTERED',
    async ({ app }) => {
      const { client } = await signUp(app)
      const me = await client.get<{ me: { id: string } }, object>('{ me { id } }')
      return [
        ['USER_REGISTERED', me.me.id, me.me.id],
        ['USER_LOGIN', me.me.id, me.me.id],
      ]
    },
  ],
  [
    'USER_LOGIN',
    async ({ app, alice }) => {
      await signIn(app, alice.email)
      return [['USER_LOGIN', alice.id, alice.id]]
    },
  ],
  [
    'USER_LOGIN_FAILED',
    async (scene) => {
      const { app, alice, chief } = scene
      await login(app, alice.username, 'wrong')
      await login(app, 'nobody-at-all', 'wrong')
      await update(scene, { isActive: false })
      await login(app, alice.username)
      await login(app, alice.username, 'wrong')
      return [
        ['USER_LOGIN_FAILED', alice.id, null],
        ['USER_LOGIN_FAILED', null, null],
        ['USER_DEACTIVATED', alice.id, chief.id],
        ['USER_LOGIN_FAILED', alice.id, null],
        ['USER_LOGIN_FAILED', alice.id, null],
      ]
    },
  ],
  [
    'USER_LOGOUT',
    async ({ alice }) => {
      await alice.client.get('mutation { logout { sessionId } }')
      return [['USER_LOGOUT', alice.id, alice.id]]
    },
  ],
  [
    'REFRESH_TOKEN_REUSED',
    async ({ app, clock, alice }) => {
      await refreshed(app, alice.refreshToken)
      clock.advance(11)
      expect((await refresh(app, alice.refreshToken)).codes).toEqual(['REFRESH_TOKEN_REUSED'])
      expect((await refresh(app, alice.refreshToken)).codes).toEqual(['REFRESH_TOKEN_INVALID'])
      return [['REFRESH_TOKEN_REUSED', alice.id, null]]
    },
  ],
  [
    'SESSION_REVOKED',
    async ({ app, clock, chief, alice }) => {
      const more: Person[] = []
      while (more.length < 4) {
        clock.advance(1)
        more.push(await signIn(app, alice.username))
      }
      const [first, second, third, fourth] = more as [Person, Person, Person, Person]
      await fourth.client.get('mutation ($id: ID!) { revokeSession(input: { sessionId: $id }) { sessionId } }', {
        id: third.sessionId,
      })
      await chief.client.get('mutation ($id: ID!) { revokeUserSessions(input: { userId: $id }) { revokedSessions } }', {
        id: alice.id,
      })
      return [
        ...more.map((): Expected[number] => ['USER_LOGIN', alice.id, alice.id]),
        // MAX_SESSIONS = 3: the two least recently refreshed end.
        ['SESSION_REVOKED', alice.id, alice.id, `${alice.sessionId} MAX_SESSIONS`],
        ['SESSION_REVOKED', alice.id, alice.id, `${first.sessionId} MAX_SESSIONS`],
        ['SESSION_REVOKED', alice.id, alice.id, `${third.sessionId} REVOKED`],
        ['SESSION_REVOKED', alice.id, chief.id, `${second.sessionId} REVOKED`],
        ['SESSION_REVOKED', alice.id, chief.id, `${fourth.sessionId} REVOKED`],
      ]
    },
  ],
  [
    'PROFILE_UPDATED',
    async ({ alice, chief }) => {
      const rename = 'mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { user { id } } }'
      await alice.client.get(rename, { input: { displayName: 'Alice', username: `${alice.username}.x` } })
      await chief.client.get(rename, { input: { userId: alice.id, displayName: 'Bob' } })
      return [
        ['PROFILE_UPDATED', alice.id, alice.id],
        ['PROFILE_UPDATED', alice.id, chief.id],
      ]
    },
  ],
  [
    'PROFILE_DELETED',
    async ({ alice }) => {
      await alice.client.get('mutation ($p: String) { deleteProfile(input: { currentPassword: $p }) { userId } }', {
        p: PASSWORD,
      })
      return [['PROFILE_DELETED', alice.id, alice.id]]
    },
  ],
  [
    'EMAIL_CHANGED',
    async (scene) => {
      const { app, alice, tokenOf } = scene
      await changeEmail(scene)
      const token = await tokenOf('confirm-email-change', alice, `new-${alice.email}`)
      await app.services().emailVerification.verify(token)
      return [
        ['EMAIL_CHANGE_REQUESTED', alice.id, alice.id],
        ['EMAIL_CHANGED', alice.id, alice.id],
      ]
    },
  ],
  [
    'EMAIL_CHANGE_REQUESTED',
    async (scene) => {
      await changeEmail(scene)
      return [['EMAIL_CHANGE_REQUESTED', scene.alice.id, scene.alice.id]]
    },
  ],
  [
    'EMAIL_CHANGE_REVERTED',
    async ({ alice, tokenOf }) => {
      const token = await tokenOf('email-changed', alice, `old-${alice.email}`)
      await alice.client.get('mutation ($t: String!) { revertEmailChange(input: { token: $t }) { email } }', {
        t: token,
      })
      return [['EMAIL_CHANGE_REVERTED', alice.id, null]]
    },
  ],
  [
    'EMAIL_VERIFIED',
    async ({ alice, tokenOf }) => {
      const t = await tokenOf('verify-email', alice)
      const verify = 'mutation ($t: String!) { verifyEmail(input: { token: $t }) { email } }'
      await alice.client.get(verify, { t })
      await alice.client.get(verify, { t })
      return [['EMAIL_VERIFIED', alice.id, alice.id]]
    },
  ],
  [
    'PASSWORD_RESET_REQUESTED',
    async ({ app, alice }) => {
      const ask = 'mutation ($e: String!) { requestPasswordReset(input: { email: $e }) { accepted } }'
      await new TestClient(app.url).get(ask, { e: alice.email })
      await alice.client.get(ask, { e: 'nobody@example.net' })
      return [
        ['PASSWORD_RESET_REQUESTED', alice.id, null],
        ['PASSWORD_RESET_REQUESTED', null, null],
      ]
    },
  ],
  [
    'PASSWORD_RESET',
    async ({ app, alice, tokenOf }) => {
      await app.services().passwordReset.reset(await tokenOf('reset-password', alice), 'another long password 2')
      return [['PASSWORD_RESET', alice.id, alice.id]]
    },
  ],
  [
    'PASSWORD_CHANGED',
    async ({ app, alice }) => {
      await signIn(app, alice.username)
      await alice.client.get(
        'mutation ($n: String!, $p: String!) { changePassword(input: { newPassword: $n, currentPassword: $p }) { revokedSessions } }',
        { n: 'another long password 2', p: PASSWORD },
      )
      return [
        ['USER_LOGIN', alice.id, alice.id],
        ['PASSWORD_CHANGED', alice.id, alice.id],
      ]
    },
  ],
  [
    'USER_CREATED',
    async ({ chief }) => {
      const input = { username: 'created', email: 'created@example.com', password: PASSWORD }
      const { createUser } = await chief.client.get<{ createUser: { user: { id: string } } }, object>(
        'mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id } } }',
        { input },
      )
      return [['USER_CREATED', createUser.user.id, chief.id]]
    },
  ],
  [
    'USER_UPDATED',
    async (scene) => {
      await update(scene, { displayName: 'X', email: `x-${scene.alice.email}` })
      return [['USER_UPDATED', scene.alice.id, scene.chief.id]]
    },
  ],
  [
    'USER_ROLE_CHANGED',
    async (scene) => {
      await update(scene, { role: 'admin' })
      return [['USER_ROLE_CHANGED', scene.alice.id, scene.chief.id]]
    },
  ],
  [
    'USER_DEACTIVATED',
    async (scene) => {
      await update(scene, { isActive: false })
      return [['USER_DEACTIVATED', scene.alice.id, scene.chief.id]]
    },
  ],
  [
    'USER_ACTIVATED',
    async (scene) => {
      await update(scene, { isActive: false })
      await update(scene, { isActive: true })
      return [
        ['USER_DEACTIVATED', scene.alice.id, scene.chief.id],
        ['USER_ACTIVATED', scene.alice.id, scene.chief.id],
      ]
    },
  ],
  [
    'USER_DELETED',
    async ({ chief, alice }) => {
      await chief.client.get('mutation ($id: ID!) { deleteUser(input: { userId: $id }) { userId } }', { id: alice.id })
      return [['USER_DELETED', alice.id, chief.id]]
    },
  ],
  [
    'SECOND_FACTOR_ADDED',
    async ({ alice, clock }) => {
      await turnOn(alice, clock)
      return [['SECOND_FACTOR_ADDED', alice.id, alice.id]]
    },
  ],
  [
    'SECOND_FACTOR_REMOVED',
    async ({ alice, clock }) => {
      await turnOn(alice, clock)
      await alice.client.get(REMOVE)
      return [
        ['SECOND_FACTOR_ADDED', alice.id, alice.id],
        ['SECOND_FACTOR_REMOVED', alice.id, alice.id],
      ]
    },
  ],
  [
    'SECOND_FACTOR_FAILED',
    async ({ app, alice, clock }) => {
      await turnOn(alice, clock)
      await loginWith(app, alice.username, { code: 'no code' })
      await reauthenticate(alice, { recoveryCode: 'no code' })
      return [
        ['SECOND_FACTOR_ADDED', alice.id, alice.id],
        ['SECOND_FACTOR_FAILED', alice.id, null],
        ['SECOND_FACTOR_FAILED', alice.id, alice.id],
      ]
    },
  ],
  [
    'SECOND_FACTOR_RESET',
    async ({ chief, alice, clock }) => {
      await turnOn(alice, clock)
      await chief.client.get(RESET, { id: alice.id })
      return [
        ['SECOND_FACTOR_ADDED', alice.id, alice.id],
        ['SECOND_FACTOR_RESET', alice.id, chief.id],
      ]
    },
  ],
  [
    'RECOVERY_CODE_USED',
    async ({ app, alice, clock }) => {
      const [recoveryCode] = (await turnOn(alice, clock)).recoveryCodes
      await loginWith(app, alice.username, { recoveryCode })
      return [
        ['SECOND_FACTOR_ADDED', alice.id, alice.id],
        ['RECOVERY_CODE_USED', alice.id, alice.id],
        ['USER_LOGIN', alice.id, alice.id],
      ]
    },
  ],
  [
    'RECOVERY_CODES_REPLACED',
    async ({ alice, clock }) => {
      await turnOn(alice, clock)
      await alice.client.get(REPLACE_CODES)
      return [
        ['SECOND_FACTOR_ADDED', alice.id, alice.id],
        ['RECOVERY_CODES_REPLACED', alice.id, alice.id],
      ]
    },
  ],
  [
    'REAUTHENTICATED',
    async ({ alice }) => {
      await reauthenticate(alice)
      return [['REAUTHENTICATED', alice.id, alice.id]]
    },
  ],
  [
    'ACCESS_DENIED',
    async ({ alice }) => {
      await alice.client.run('{ activities { nodes { id } } }')
      return [['ACCESS_DENIED', alice.id, alice.id, 'activities']]
    },
  ],
  [
    'ROLE_CREATED',
    async ({ chief, alice }) => {
      await createRole(chief, alice.username, [])
      return [['ROLE_CREATED', null, chief.id, alice.username]]
    },
  ],
  [
    'ROLE_UPDATED',
    async ({ chief, alice: { username: name } }) => {
      await createRole(chief, name, [])
      const update = 'mutation ($input: UpdateRoleInput!) { updateRole(input: $input) { role { name } } }'
      for (const _ of ['changes', 'changes nothing'])
        await chief.client.get(update, { input: { name, description: 'X' } })
      return [
        ['ROLE_CREATED', null, chief.id, name],
        ['ROLE_UPDATED', null, chief.id, name],
      ]
    },
  ],
  [
    'ROLE_DELETED',
    async ({ chief, alice }) => {
      const name = alice.username
      await createRole(chief, name, [])
      await giveRole(chief, alice, name)
      const remove = 'mutation ($input: DeleteRoleInput!) { deleteRole(input: $input) { movedUsers } }'
      await chief.client.get(remove, { input: { name, moveTo: 'user' } })
      return [
        ['ROLE_CREATED', null, chief.id, name],
        ['USER_ROLE_CHANGED', alice.id, chief.id],
        ['ROLE_DELETED', null, chief.id, name],
      ]
    },
  ],
  [
    'API_KEY_CREATED',
    async ({ alice }) => {
      const { id, client } = await createKey(alice, ['PROFILE_READ', 'PROFILE_UPDATE'])
      await client.get('mutation { updateProfile(input: { displayName: "By a program" }) { user { id } } }')
      return [
        ['API_KEY_CREATED', alice.id, alice.id, id],
        ['PROFILE_UPDATED', alice.id, alice.id],
      ]
    },
  ],
  [
    'API_KEY_REVOKED',
    async ({ chief, alice }) => {
      const [first, second] = [await createKey(alice, ['PROFILE_READ']), await createKey(alice, ['PROFILE_READ'])]
      const revoke = 'mutation ($id: ID!) { revokeApiKey(input: { apiKeyId: $id }) { apiKeyId } }'
      await alice.client.get(revoke, { id: first.id })
      await chief.client.get('mutation ($id: ID!) { revokeUserSessions(input: { userId: $id }) { revokedSessions } }', {
        id: alice.id,
      })
      return [
        ['API_KEY_CREATED', alice.id, alice.id, first.id],
        ['API_KEY_CREATED', alice.id, alice.id, second.id],
        ['API_KEY_REVOKED', alice.id, alice.id, first.id],
        ['API_KEY_REVOKED', alice.id, chief.id, second.id],
        ['SESSION_REVOKED', alice.id, chief.id, `${alice.sessionId} REVOKED`],
      ]
    },
  ],
  [
    'USER_IMPORTED',
    async ({ app, clock }) => {
      const id = newId()
      await importLines(app, [{ id, username: 'imported', email: 'imported@example.com' }], { clock: clock.now })
      return [['USER_IMPORTED', id, null]]
    },
  ],
]

describeEachBackend('the entry', (backend) => {
  let scene: Omit<Scene, 'alice'>

  beforeAll(async () => {
    const clock = createTestClock()
    const app = await createTestApp({
      backend,
      clock: clock.now,
      env: { MAX_SESSIONS: '3', MAIL_URL: 'smtp://127.0.0.1:1' },
    })
    scene = { app, clock, chief: await signUpAdmin(app), tokenOf: createTokenMaker(app) }
  })
  afterAll(() => scene.app.close())

  it.each(LINES)('%s is left once, with whom it is about, who did it and its details', async (action, play) => {
    const alice = await signUp(scene.app)
    scene.clock.advance(1)
    const from = scene.clock.now()
    const expected = await play({ ...scene, alice })
    const left = await activities(scene.chief.client, { from })
    expect(left.map(({ action: name }) => name)).toContain(action)
    expect(left.map(toText).sort()).toEqual(
      expected
        .map(([name, userId, actorId, details = null]) => toText({ action: name, userId, actorId, details }))
        .sort(),
    )
  })

  const toText = ({ action, userId, actorId, details }: Entry) => [action, userId, actorId, details].join(' | ')
})

describe('the table of entries', () => {
  it('has a line for every action', () => {
    expect(LINES.map(([action]) => action).toSorted()).toEqual(Object.values(ActivityAction).toSorted())
  })
})
