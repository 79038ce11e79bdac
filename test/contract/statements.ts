import type { TokenMaker } from '../support/mail-tokens.ts'
import { createKey, createRole, giveRole } from '../support/rights.ts'
import { codeAt, startTotp, turnOn } from '../support/second-factor.ts'
import { PASSWORD, type Person } from '../support/story.ts'
import { CONTRACTS } from './feature-contract.ts'

/** The accounts of a document. New for each line of the table. */
export interface Cast {
  /** An administrator. */
  chief: Person
  /** A user with two more open sessions. */
  alice: Person
  bob: Person
  /** Part of a name that no account has. */
  fresh: string
  tokenOf: TokenMaker
}

export interface Line {
  /** A label: the root field, and the special case. */
  what: string
  /** `key`: a program, by a key of the administrator that has every permission and has been used. */
  as: 'nobody' | 'alice' | 'chief' | 'key'
  /** Where mail is set up; else it is off. */
  withMail?: true
  /** Makes what the document needs, uncounted, and returns its id. */
  prepare?(cast: Cast): Promise<string>
  document: string | ((cast: Cast, prepared: string) => string)
  /** SELECT statements; 1 of them is the look-up of the viewer wherever there is one. */
  reads: number
  /** INSERT, UPDATE and DELETE statements, including those that lock a row. */
  writes: number
  /** The expected error code. */
  code?: string
}

const EMAIL = '@example.net'
const PROFILE = 'user { id username displayName role { name permissions } }'

/**
 * How many SQL statements each operation takes, on every database (begin, commit and rollback are not counted).
 * A number that rises needs a reason: N + 1 queries show here first.
 */
// biome-ignore format: a table, one operation a line
export const STATEMENTS: Line[] = [
  { what: 'me', as: 'alice', reads: 1, writes: 0, document: '{ me { id username role { permissions } } }' },
  { what: 'me, thirty times', as: 'alice', reads: 1, writes: 0, document: `{ ${Array.from({ length: 30 }, (_, index) => `m${index}: me { id }`).join(' ')} }` },
  { what: 'me, with forged credentials', as: 'nobody', reads: 0, writes: 0, code: 'UNAUTHENTICATED', document: '{ me { id } }' },
  { what: 'me, with activity and sessions', as: 'alice', reads: 3, writes: 0, document: '{ me { id activities(first: 5) { nodes { action } } sessions { id isCurrent } } }' },
  { what: 'user, oneself', as: 'alice', reads: 1, writes: 0, document: ({ alice }) => `{ user(id: "${alice.id}") { id } }` },
  { what: 'user, another', as: 'chief', reads: 2, writes: 0, document: ({ bob }) => `{ user(id: "${bob.id}") { id role { name } } }` },
  { what: 'user, a malformed id', as: 'chief', reads: 1, writes: 0, document: '{ user(id: "1 or 1=1") { id } }' },
  { what: 'user, refused', as: 'alice', reads: 1, writes: 1, code: 'FORBIDDEN', document: ({ bob }) => `{ user(id: "${bob.id}") { id } }` },
  { what: 'users', as: 'chief', reads: 2, writes: 0, document: '{ users { nodes { id } pageInfo { hasNextPage endCursor } } }' },
  { what: 'users, with the total', as: 'chief', reads: 3, writes: 0, document: '{ users { nodes { id } totalCount totalCountIsExact } }' },
  { what: 'users, whether a total would be exact', as: 'chief', reads: 3, writes: 0, document: '{ users(filter: { role: "user" }) { nodes { id } totalCountIsExact } }' },
  { what: 'users, with their 5 newest activities', as: 'chief', reads: 3, writes: 0, document: '{ users { nodes { id activities(first: 5) { nodes { id action } } } } }' },
  { what: 'users, with the number of their activities', as: 'chief', reads: 4, writes: 0, document: '{ users { nodes { id activities(first: 1) { nodes { id } totalCount totalCountIsExact } } } }' },
  { what: 'users, with their sessions', as: 'chief', reads: 3, writes: 0, document: '{ users { nodes { id sessions { id } } } }' },
  { what: 'users, with their activities and who acted', as: 'chief', reads: 4, writes: 0, document: '{ users { nodes { id activities(first: 5) { nodes { user { id } actor { username } } } } } }' },
  { what: 'activities', as: 'chief', reads: 2, writes: 0, document: '{ activities(first: 100) { nodes { id action ipAddress } } }' },
  { what: 'activities, of several actions, with the total', as: 'chief', reads: 3, writes: 0, document: '{ activities(filter: { actions: [USER_LOGIN, USER_LOGOUT] }) { nodes { id } totalCount totalCountIsExact } }' },
  { what: 'activities, with their users', as: 'chief', reads: 3, writes: 0, document: '{ activities(first: 100) { nodes { id user { username } actor { username role { name } } } } }' },
  { what: 'activities, none of no action', as: 'chief', reads: 1, writes: 0, document: '{ activities(filter: { actions: [] }) { nodes { id } totalCount totalCountIsExact } }' },
  { what: 'session', as: 'alice', reads: 1, writes: 0, document: '{ session { id isCurrent expiresAt } }' },
  { what: 'session, with ten values', as: 'alice', reads: 2, writes: 0, document: `{ session { keys ${Array.from({ length: 10 }, (_, index) => `v${index}: value(key: "k${index}")`).join(' ')} } }` },
  { what: 'roles', as: 'alice', reads: 2, writes: 0, document: '{ roles { name permissions isBuiltIn } }' },
  { what: 'roles, with how many have each', as: 'chief', reads: 3, writes: 0, document: '{ roles { name userCount } }' },
  { what: 'can', as: 'alice', reads: 1, writes: 0, document: ({ bob }) => `{ can(permission: PROFILE_READ, ownerId: "${bob.id}") { allowed reason } }` },
  { what: 'can, without a viewer', as: 'nobody', reads: 0, writes: 0, document: '{ can(permission: PROFILE_READ) { allowed reason } }' },

  { what: 'register', as: 'nobody', reads: 0, writes: 2, document: ({ fresh }) => `mutation { register(input: { username: "${fresh}", email: "${fresh}${EMAIL}", password: "${PASSWORD}" }) { ${PROFILE} } }` },
  { what: 'register, a name that is taken', as: 'nobody', reads: 1, writes: 1, code: 'CONFLICT', document: ({ alice, fresh }) => `mutation { register(input: { username: "${alice.username}", email: "${fresh}${EMAIL}", password: "${PASSWORD}" }) { ${PROFILE} } }` },
  { what: 'login', as: 'nobody', reads: 2, writes: 3, document: ({ alice }) => `mutation { login(input: { identifier: "${alice.username}", password: "${PASSWORD}" }) { accessToken session { id isCurrent } ${PROFILE} } }` },
  { what: 'login, by e-mail address', as: 'nobody', reads: 2, writes: 3, document: ({ alice }) => `mutation { login(input: { identifier: "${alice.email}", password: "${PASSWORD}" }) { accessToken } }` },
  { what: 'login, a wrong password', as: 'nobody', reads: 1, writes: 1, code: 'INVALID_CREDENTIALS', document: ({ alice }) => `mutation { login(input: { identifier: "${alice.username}", password: "wrong" }) { accessToken } }` },
  { what: 'login, an unknown account', as: 'nobody', reads: 1, writes: 1, code: 'INVALID_CREDENTIALS', document: ({ fresh }) => `mutation { login(input: { identifier: "${fresh}", password: "wrong" }) { accessToken } }` },
  { what: 'refresh', as: 'nobody', reads: 1, writes: 1, document: ({ alice }) => `mutation { refresh(input: { refreshToken: "${alice.refreshToken}" }) { accessToken refreshToken ${PROFILE} } }` },
  { what: 'refresh, a forged token', as: 'nobody', reads: 0, writes: 0, code: 'REFRESH_TOKEN_INVALID', document: 'mutation { refresh(input: { refreshToken: "forged" }) { accessToken } }' },
  { what: 'logout', as: 'alice', reads: 1, writes: 2, document: 'mutation { logout { sessionId } }' },
  { what: 'updateProfile, oneself', as: 'alice', reads: 1, writes: 2, document: `mutation { updateProfile(input: { displayName: "Alice" }) { ${PROFILE} } }` },
  // On another account: all rights are locked, and those of the viewer are read again, before the write.
  { what: 'updateProfile, another', as: 'chief', reads: 3, writes: 3, document: ({ bob }) => `mutation { updateProfile(input: { userId: "${bob.id}", displayName: "Bob" }) { ${PROFILE} } }` },
  { what: 'updateProfile, nothing new', as: 'alice', reads: 1, writes: 0, document: ({ alice }) => `mutation { updateProfile(input: { username: "${alice.username}" }) { ${PROFILE} } }` },
  { what: 'changeEmail', as: 'alice', reads: 2, writes: 2, document: ({ fresh }) => `mutation { changeEmail(input: { email: "${fresh}${EMAIL}", currentPassword: "${PASSWORD}" }) { ${PROFILE} } }` },
  { what: 'changeEmail, nothing new', as: 'alice', reads: 2, writes: 0, document: ({ alice }) => `mutation { changeEmail(input: { email: "${alice.email}", currentPassword: "${PASSWORD}" }) { ${PROFILE} } }` },
  { what: 'changePassword', as: 'alice', reads: 4, writes: 4, document: `mutation { changePassword(input: { currentPassword: "${PASSWORD}", newPassword: "another long password 2" }) { revokedSessions } }` },
  // Both lock all rights and read the viewer's again, as the last administrator must stay.
  { what: 'deleteProfile, oneself', as: 'alice', reads: 6, writes: 7, document: `mutation { deleteProfile(input: { currentPassword: "${PASSWORD}" }) { userId } }` },
  { what: 'deleteProfile, another', as: 'chief', reads: 5, writes: 7, document: ({ bob }) => `mutation { deleteProfile(input: { userId: "${bob.id}" }) { userId } }` },
  // Whatever gives a role, or acts on another account: as above.
  { what: 'createUser', as: 'chief', reads: 2, writes: 3, document: ({ fresh }) => `mutation { createUser(input: { username: "${fresh}", email: "${fresh}${EMAIL}", password: "${PASSWORD}" }) { ${PROFILE} } }` },
  { what: 'updateUser, details', as: 'chief', reads: 3, writes: 4, document: ({ bob }) => `mutation { updateUser(input: { userId: "${bob.id}", displayName: "Bob" }) { ${PROFILE} } }` },
  { what: 'updateUser, a role', as: 'chief', reads: 3, writes: 4, document: ({ bob }) => `mutation { updateUser(input: { userId: "${bob.id}", role: "admin" }) { ${PROFILE} } }` },
  { what: 'updateUser, disabled', as: 'chief', reads: 3, writes: 5, document: ({ bob }) => `mutation { updateUser(input: { userId: "${bob.id}", isActive: false }) { ${PROFILE} } }` },
  { what: 'updateUser, an administrator no longer', as: 'chief', reads: 4, writes: 4, document: ({ chief }) => `mutation { updateUser(input: { userId: "${chief.id}", role: "user" }) { ${PROFILE} } }` },
  { what: 'updateUser, everything at once', as: 'chief', reads: 3, writes: 5, document: ({ bob, fresh }) => `mutation { updateUser(input: { userId: "${bob.id}", role: "admin", isActive: false, username: "${fresh}" }) { ${PROFILE} } }` },
  { what: 'updateUser, nothing new', as: 'chief', reads: 3, writes: 2, document: ({ bob }) => `mutation { updateUser(input: { userId: "${bob.id}", username: "${bob.username}" }) { ${PROFILE} } }` },
  { what: 'deleteUser', as: 'chief', reads: 3, writes: 3, document: ({ bob }) => `mutation { deleteUser(input: { userId: "${bob.id}" }) { userId } }` },
  { what: 'revokeSession', as: 'alice', reads: 2, writes: 3, document: ({ alice }) => `mutation { revokeSession(input: { sessionId: "${alice.sessionId}" }) { sessionId } }` },
  { what: 'revokeOtherSessions', as: 'alice', reads: 2, writes: 3, document: 'mutation { revokeOtherSessions { revokedSessions } }' },
  // As above, and the account whose role is asked for, and its API keys, which end too: found, removed.
  { what: 'revokeUserSessions', as: 'chief', reads: 5, writes: 5, document: ({ alice }) => `mutation { revokeUserSessions(input: { userId: "${alice.id}" }) { revokedSessions } }` },
  { what: 'setSessionValue', as: 'alice', reads: 2, writes: 3, document: 'mutation { setSessionValue(input: { key: "k", value: 1 }) { session { id } } }' },
  { what: 'setSessionValue, with what is there then', as: 'alice', reads: 3, writes: 3, document: 'mutation { setSessionValue(input: { key: "k", value: 1 }) { session { id keys value(key: "k") } } }' },
  { what: 'removeSessionValue', as: 'alice', reads: 1, writes: 1, document: 'mutation { removeSessionValue(input: { key: "k" }) { session { id } } }' },
  { what: 'clearSessionValues', as: 'alice', reads: 1, writes: 1, document: 'mutation { clearSessionValues { session { id } } }' },

  { what: 'login, with a code of the app', as: 'nobody', reads: 3, writes: 5, prepare: nextCode, document: ({ alice }, code) => `mutation { login(input: { identifier: "${alice.username}", password: "${PASSWORD}", secondFactor: { code: "${code}" } }) { accessToken } }` },
  { what: 'login, with a wrong code', as: 'nobody', reads: 2, writes: 3, code: 'SECOND_FACTOR_INVALID', prepare: nextCode, document: ({ alice }) => `mutation { login(input: { identifier: "${alice.username}", password: "${PASSWORD}", secondFactor: { code: "no" } }) { accessToken } }` },
  { what: 'login, without the second factor', as: 'nobody', reads: 1, writes: 0, code: 'SECOND_FACTOR_REQUIRED', prepare: nextCode, document: ({ alice }) => `mutation { login(input: { identifier: "${alice.username}", password: "${PASSWORD}" }) { accessToken } }` },
  { what: 'login, with a recovery code', as: 'nobody', reads: 3, writes: 6, prepare: recoveryCode, document: ({ alice }, code) => `mutation { login(input: { identifier: "${alice.username}", password: "${PASSWORD}", secondFactor: { recoveryCode: "${code}" } }) { accessToken } }` },
  { what: 'me, with a second factor', as: 'alice', reads: 2, writes: 0, prepare: nextCode, document: '{ me { totpEnabledAt recoveryCodesLeft more: recoveryCodesLeft } }' },
  { what: 'reauthenticate', as: 'alice', reads: 3, writes: 3, document: `mutation { reauthenticate(input: { password: "${PASSWORD}" }) { session { authenticatedAt } } }` },
  { what: 'reauthenticate, with a code of the app', as: 'alice', reads: 4, writes: 4, prepare: nextCode, document: (_, code) => `mutation { reauthenticate(input: { password: "${PASSWORD}", secondFactor: { code: "${code}" } }) { session { id } } }` },
  { what: 'startTotp', as: 'alice', reads: 2, writes: 3, document: 'mutation { startTotp { secret } }' },
  { what: 'confirmTotp', as: 'alice', reads: 3, writes: 7, prepare: beginSetUp, document: (_, code) => `mutation { confirmTotp(input: { code: "${code}" }) { recoveryCodes } }` },
  { what: 'replaceRecoveryCodes', as: 'alice', reads: 2, writes: 4, prepare: nextCode, document: 'mutation { replaceRecoveryCodes { recoveryCodes } }' },
  { what: 'removeTotp', as: 'alice', reads: 2, writes: 5, prepare: nextCode, document: 'mutation { removeTotp { user { id } } }' },
  { what: 'resetSecondFactor', as: 'chief', reads: 3, writes: 7, prepare: nextCode, document: ({ alice }) => `mutation { resetSecondFactor(input: { userId: "${alice.id}" }) { user { id } } }` },
  { what: 'any mutation, refused', as: 'alice', reads: 1, writes: 1, code: 'FORBIDDEN', document: ({ bob }) => `mutation { deleteUser(input: { userId: "${bob.id}" }) { userId } }` },

  // What a role that is data permits comes with the viewer; the role itself, and of a sign-in its permissions, take one read.
  { what: 'me, of a role that is data', as: 'alice', reads: 1, writes: 0, prepare: roleOfAlice, document: '{ me { id permissions } }' },
  { what: 'me, of a role that is data, with the role', as: 'alice', reads: 2, writes: 0, prepare: roleOfAlice, document: '{ me { id role { name description permissions } } }' },
  { what: 'login, of a role that is data', as: 'nobody', reads: 3, writes: 3, prepare: roleOfAlice, document: ({ alice }) => `mutation { login(input: { identifier: "${alice.username}", password: "${PASSWORD}" }) { accessToken } }` },
  { what: 'refresh, of a role that is data', as: 'nobody', reads: 1, writes: 1, prepare: roleOfAlice, document: ({ alice }) => `mutation { refresh(input: { refreshToken: "${alice.refreshToken}" }) { accessToken user { permissions } } }` },
  { what: 'users, with their roles and permissions', as: 'chief', reads: 3, writes: 0, prepare: roleOfAlice, document: '{ users { nodes { id permissions role { permissions } } } }' },
  { what: 'users, with their roles, keys and how many have each role', as: 'chief', reads: 5, writes: 0, prepare: roleOfAlice, document: '{ users { nodes { role { name userCount } apiKeys { id name } } } }' },
  { what: 'createUser, of a role that is data', as: 'chief', reads: 4, writes: 3, prepare: role, document: ({ fresh }, name) => `mutation { createUser(input: { username: "${fresh}", email: "${fresh}${EMAIL}", password: "${PASSWORD}", role: "${name}" }) { user { id } } }` },
  { what: 'updateUser, to a role that is data', as: 'chief', reads: 5, writes: 4, prepare: role, document: ({ bob }, name) => `mutation { updateUser(input: { userId: "${bob.id}", role: "${name}" }) { user { id } } }` },
  { what: 'updateUser, of whom may do more', as: 'alice', reads: 3, writes: 3, code: 'FORBIDDEN', prepare: helperOfAlice, document: ({ bob }) => `mutation { updateUser(input: { userId: "${bob.id}", displayName: "Bob" }) { user { id } } }` },
  { what: 'createRole', as: 'chief', reads: 3, writes: 3, document: ({ fresh }) => `mutation { createRole(input: { name: "${fresh}", permissions: [PROFILE_READ] }) { role { name } } }` },
  { what: 'createRole, a name that is taken', as: 'chief', reads: 3, writes: 1, code: 'CONFLICT', document: 'mutation { createRole(input: { name: "user", permissions: [] }) { role { name } } }' },
  { what: 'updateRole', as: 'chief', reads: 4, writes: 3, prepare: role, document: (_, name) => `mutation { updateRole(input: { name: "${name}", permissions: [PROFILE_READ] }) { role { name } } }` },
  { what: 'updateRole, nothing new', as: 'chief', reads: 4, writes: 1, prepare: role, document: (_, name) => `mutation { updateRole(input: { name: "${name}", permissions: [] }) { role { name } } }` },
  { what: 'deleteRole', as: 'chief', reads: 5, writes: 3, prepare: role, document: (_, name) => `mutation { deleteRole(input: { name: "${name}" }) { movedUsers } }` },
  { what: 'deleteRole, with accounts that have it', as: 'chief', reads: 5, writes: 4, prepare: roleOfAlice, document: (_, name) => `mutation { deleteRole(input: { name: "${name}", moveTo: "user" }) { movedUsers } }` },
  { what: 'deleteRole, in use', as: 'chief', reads: 5, writes: 1, code: 'CONFLICT', prepare: roleOfAlice, document: (_, name) => `mutation { deleteRole(input: { name: "${name}" }) { movedUsers } }` },

  // And the account's row, so that none is made behind a password that is being reset.
  { what: 'createApiKey', as: 'alice', reads: 3, writes: 4, document: 'mutation { createApiKey(input: { name: "key", permissions: [PROFILE_READ] }) { secret } }' },
  { what: 'revokeApiKey', as: 'alice', reads: 1, writes: 2, prepare: async ({ alice }) => (await createKey(alice, ['PROFILE_READ'])).id, document: (_, id) => `mutation { revokeApiKey(input: { apiKeyId: "${id}" }) { apiKeyId } }` },
  { what: 'revokeApiKey, an unknown one', as: 'alice', reads: 1, writes: 1, code: 'NOT_FOUND', document: ({ bob }) => `mutation { revokeApiKey(input: { apiKeyId: "${bob.id}" }) { apiKeyId } }` },
  { what: 'me, by key', as: 'key', reads: 1, writes: 0, document: '{ me { id username permissions role { permissions } } }' },
  { what: 'users, by key, with their activities', as: 'key', reads: 3, writes: 0, document: '{ users { nodes { id sessions { id } apiKeys { id } activities(first: 5) { nodes { action apiKeyId } } } } }' },
  { what: 'activities, by key', as: 'key', reads: 2, writes: 0, document: '{ activities(first: 100) { nodes { id apiKeyId } } }' },
  { what: 'roles, by key', as: 'key', reads: 2, writes: 0, document: '{ roles { name } }' },
  { what: 'updateUser, by key', as: 'key', reads: 3, writes: 4, document: ({ bob }) => `mutation { updateUser(input: { userId: "${bob.id}", displayName: "Bob" }) { user { id } } }` },
  { what: 'logout, by key', as: 'key', reads: 1, writes: 1, code: 'FORBIDDEN', document: 'mutation { logout { sessionId } }' },

  { what: 'register, with mail', withMail: true, as: 'nobody', reads: 0, writes: 4, document: ({ fresh }) => `mutation { register(input: { username: "${fresh}", email: "${fresh}${EMAIL}", password: "${PASSWORD}" }) { ${PROFILE} } }` },
  { what: 'createUser, with mail and without a password', withMail: true, as: 'chief', reads: 3, writes: 7, document: ({ fresh }) => `mutation { createUser(input: { username: "${fresh}", email: "${fresh}${EMAIL}" }) { ${PROFILE} } }` },
  { what: 'updateUser, an address, with mail', withMail: true, as: 'chief', reads: 3, writes: 7, document: ({ bob, fresh }) => `mutation { updateUser(input: { userId: "${bob.id}", email: "${fresh}${EMAIL}" }) { ${PROFILE} } }` },
  { what: 'changeEmail, with mail', withMail: true, as: 'alice', reads: 4, writes: 6, document: ({ fresh }) => `mutation { changeEmail(input: { email: "${fresh}${EMAIL}", currentPassword: "${PASSWORD}" }) { ${PROFILE} } }` },
  { what: 'requestEmailVerification', withMail: true, as: 'alice', reads: 2, writes: 3, document: 'mutation { requestEmailVerification { accepted } }' },
  { what: 'requestEmailVerification, of a pending address', withMail: true, as: 'alice', reads: 3, writes: 5, prepare: pending, document: 'mutation { requestEmailVerification { accepted } }' },
  { what: 'verifyEmail', withMail: true, as: 'nobody', reads: 2, writes: 2, prepare: ({ alice, tokenOf }) => tokenOf('verify-email', alice), document: (_, token) => `mutation { verifyEmail(input: { token: "${token}" }) { email } }` },
  { what: 'verifyEmail, a forged token', withMail: true, as: 'nobody', reads: 0, writes: 0, code: 'MAIL_TOKEN_INVALID', document: 'mutation { verifyEmail(input: { token: "forged" }) { email } }' },
  { what: 'verifyEmail, of a pending address', withMail: true, as: 'nobody', reads: 4, writes: 7, prepare: pending, document: (_, token) => `mutation { verifyEmail(input: { token: "${token}" }) { email } }` },
  { what: 'revertEmailChange', withMail: true, as: 'nobody', reads: 6, writes: 9, prepare: ({ alice, tokenOf }) => tokenOf('email-changed', alice, 'old@example.net'), document: (_, token) => `mutation { revertEmailChange(input: { token: "${token}" }) { email } }` },
  { what: 'requestPasswordReset', withMail: true, as: 'nobody', reads: 2, writes: 5, document: ({ alice }) => `mutation { requestPasswordReset(input: { email: "${alice.email}" }) { accepted } }` },
  { what: 'requestPasswordReset, of nobody', withMail: true, as: 'nobody', reads: 2, writes: 5, document: ({ fresh }) => `mutation { requestPasswordReset(input: { email: "${fresh}${EMAIL}" }) { accepted } }` },
  { what: 'resetPassword', withMail: true, as: 'nobody', reads: 4, writes: 7, prepare: ({ alice, tokenOf }) => tokenOf('reset-password', alice), document: (_, token) => `mutation { resetPassword(input: { token: "${token}", newPassword: "another long password 2" }) { revokedSessions } }` },

  ...CONTRACTS.flatMap(({ statements }) => statements ?? []),
]

/** The name of a new role that permits nothing. */
async function role({ chief, fresh }: Cast): Promise<string> {
  await createRole(chief, `role-${fresh}`, [])
  return `role-${fresh}`
}

/** The same, and alice has it. */
async function roleOfAlice(cast: Cast): Promise<string> {
  const name = await role(cast)
  await giveRole(cast.chief, cast.alice, name)
  return name
}

/** Lets alice change accounts, but not those of the role `user`. */
async function helperOfAlice({ chief, alice, fresh }: Cast): Promise<string> {
  await createRole(chief, `helper-${fresh}`, ['USER_UPDATE'])
  await giveRole(chief, alice, `helper-${fresh}`)
  return ''
}

/** A code that confirms what has begun. */
async function beginSetUp({ alice }: Cast): Promise<string> {
  return codeAt((await startTotp(alice)).secret, new Date())
}

/** Turns the second factor on. The code that the app shows next. */
async function nextCode({ alice }: Cast): Promise<string> {
  return (await turnOn(alice)).code(1)
}

/** Turns the second factor on. */
async function recoveryCode({ alice }: Cast): Promise<string> {
  return (await turnOn(alice)).recoveryCodes[0] ?? ''
}

/** Lets a new address of alice wait, and returns the token that confirms it. */
async function pending({ alice, fresh, tokenOf }: Cast): Promise<string> {
  const email = `${fresh}${EMAIL}`
  const change = 'mutation ($input: ChangeEmailInput!) { changeEmail(input: $input) { user { id } } }'
  await alice.client.get(change, { input: { email, currentPassword: PASSWORD } })
  return tokenOf('confirm-email-change', alice, email)
}
