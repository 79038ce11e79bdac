import { PASSWORD } from '../support/story.ts'
import {
  beginSetUp,
  type Call,
  type Cast,
  credentials,
  disable,
  giveRole,
  input,
  newAccount,
  nextCode,
  turnOnAndWait,
  useToken,
  waitLong,
} from './call.ts'

const [USER, ADMIN] = ['a user', 'an administrator'] as const
const NEW_PASSWORD = 'another long password 2'
const WRONG = 'not the password'
const NO_CODE = { secondFactor: { code: 'no code' } }
const NO_USER = { userId: 'nobody' }
const COOKIE = { cookie: '__Host-gatehouse-refresh=forged' }

const fromElsewhere = () => ({ ...COOKIE, origin: 'https://elsewhere.example' })
const fromHere = (origin: string) => ({ ...COOKIE, origin })

const changed = ({ fresh }: Cast, currentPassword = PASSWORD) =>
  input({ email: `${fresh}@example.com`, currentPassword })
const forged = () => input({ token: 'forged' })
const newPassword = (currentPassword = PASSWORD) => input({ currentPassword, newPassword: NEW_PASSWORD })

/** How each root field comes to answer the codes that its directives do not promise. There is one administrator. */
// biome-ignore format: a table, one call a line
export const REFUSALS: [field: string, code: string, call: Call][] = [
  ['register', 'CONFLICT', { variables: (cast) => newAccount({ ...cast, fresh: cast.alice.username }) }],
  ['register', 'FORBIDDEN', { at: 'other', variables: newAccount }],
  ['login', 'INVALID_CREDENTIALS', { variables: ({ alice }) => credentials(alice, { password: WRONG }) }],
  ['login', 'ACCOUNT_DISABLED', { prepare: disable, variables: ({ alice }) => credentials(alice) }],
  ['login', 'EMAIL_NOT_VERIFIED', { at: 'strict', variables: ({ alice }) => credentials(alice) }],
  ['login', 'SECOND_FACTOR_REQUIRED', { prepare: nextCode, variables: ({ alice }) => credentials(alice) }],
  ['login', 'SECOND_FACTOR_INVALID', { prepare: nextCode, variables: ({ alice }) => credentials(alice, NO_CODE) }],
  ['refresh', 'REFRESH_TOKEN_INVALID', { variables: () => input({ refreshToken: 'forged' }) }],
  ['refresh', 'REFRESH_TOKEN_REUSED', { prepare: useToken, variables: ({ alice: { refreshToken } }) => input({ refreshToken }) }],
  ['refresh', 'CSRF_FAILED', { headers: fromElsewhere }],
  ['logout', 'CSRF_FAILED', { headers: fromElsewhere }],
  ['logout', 'REFRESH_TOKEN_INVALID', { headers: fromHere }],
  ['reauthenticate', 'INVALID_CREDENTIALS', { by: USER, variables: () => input({ password: WRONG }) }],
  ['reauthenticate', 'SECOND_FACTOR_REQUIRED', { by: USER, prepare: nextCode, variables: () => input({ password: PASSWORD }) }],
  ['reauthenticate', 'SECOND_FACTOR_INVALID', { by: USER, prepare: nextCode, variables: () => input({ password: PASSWORD, ...NO_CODE }) }],

  ['updateProfile', 'CONFLICT', { by: USER, variables: ({ bob: { username } }) => input({ username }) }],
  ['updateProfile', 'NOT_FOUND', { by: ADMIN, variables: () => input({ ...NO_USER, displayName: 'Nobody' }) }],
  ['changeEmail', 'CONFLICT', { by: USER, variables: ({ bob: { email } }) => input({ email, currentPassword: PASSWORD }) }],
  ['changeEmail', 'INVALID_CREDENTIALS', { by: USER, variables: (cast) => changed(cast, WRONG) }],
  ['changeEmail', 'REAUTHENTICATION_REQUIRED', { by: USER, prepare: turnOnAndWait, variables: (cast) => changed(cast) }],
  ['changePassword', 'INVALID_CREDENTIALS', { by: USER, variables: () => newPassword(WRONG) }],
  ['changePassword', 'REAUTHENTICATION_REQUIRED', { by: USER, prepare: turnOnAndWait, variables: () => newPassword() }],
  ['deleteProfile', 'CONFLICT', { by: ADMIN, variables: () => input({ currentPassword: PASSWORD }) }],
  ['deleteProfile', 'INVALID_CREDENTIALS', { by: USER, variables: () => input({ currentPassword: WRONG }) }],
  ['deleteProfile', 'NOT_FOUND', { by: ADMIN, variables: () => input(NO_USER) }],
  ['deleteProfile', 'REAUTHENTICATION_REQUIRED', { by: USER, prepare: turnOnAndWait, variables: () => input({ currentPassword: PASSWORD }) }],

  ['createUser', 'CONFLICT', { by: ADMIN, variables: (cast) => newAccount({ ...cast, fresh: cast.alice.username }) }],
  ['updateUser', 'CONFLICT', { by: ADMIN, variables: ({ alice, bob }) => input({ userId: alice.id, email: bob.email }) }],
  ['updateUser', 'NOT_FOUND', { by: ADMIN, variables: () => input(NO_USER) }],
  ['updateUser', 'REAUTHENTICATION_REQUIRED', { by: ADMIN, prepare: waitLong, variables: ({ alice }) => input({ userId: alice.id, role: 'admin' }) }],
  ['deleteUser', 'CONFLICT', { by: ADMIN, variables: ({ chief }) => input({ userId: chief.id }) }],
  ['deleteUser', 'NOT_FOUND', { by: ADMIN, variables: () => input(NO_USER) }],

  ['createRole', 'CONFLICT', { by: ADMIN, variables: () => input({ name: 'user', permissions: [] }) }],
  ['updateRole', 'CONFLICT', { by: ADMIN, variables: () => input({ name: 'user', permissions: [] }) }],
  ['updateRole', 'NOT_FOUND', { by: ADMIN, variables: ({ fresh }) => input({ name: fresh, permissions: [] }) }],
  ['deleteRole', 'CONFLICT', { by: ADMIN, prepare: giveRole, variables: (_, name) => input({ name }) }],
  ['deleteRole', 'NOT_FOUND', { by: ADMIN, variables: ({ fresh }) => input({ name: fresh }) }],
  ['revokeApiKey', 'NOT_FOUND', { by: USER, variables: () => input({ apiKeyId: 'none' }) }],

  ['revokeSession', 'NOT_FOUND', { by: USER, variables: () => input({ sessionId: 'none' }) }],
  ['revokeUserSessions', 'NOT_FOUND', { by: ADMIN, variables: () => input(NO_USER) }],

  ['requestEmailVerification', 'NOT_CONFIGURED', { by: USER, at: 'other' }],
  ['verifyEmail', 'MAIL_TOKEN_INVALID', { variables: forged }],
  ['verifyEmail', 'NOT_CONFIGURED', { at: 'other', variables: forged }],
  ['revertEmailChange', 'MAIL_TOKEN_INVALID', { variables: forged }],
  ['revertEmailChange', 'NOT_CONFIGURED', { at: 'other', variables: forged }],
  ['requestPasswordReset', 'NOT_CONFIGURED', { at: 'other', variables: ({ alice: { email } }) => input({ email }) }],
  ['resetPassword', 'MAIL_TOKEN_INVALID', { variables: () => input({ token: 'forged', newPassword: NEW_PASSWORD }) }],
  ['resetPassword', 'NOT_CONFIGURED', { at: 'other', variables: () => input({ token: 'forged', newPassword: NEW_PASSWORD }) }],

  ['startTotp', 'CONFLICT', { by: USER, prepare: nextCode }],
  ['confirmTotp', 'NOT_FOUND', { by: USER, variables: () => input({ code: '123456' }) }],
  ['confirmTotp', 'SECOND_FACTOR_INVALID', { by: USER, prepare: beginSetUp, variables: () => input({ code: 'no code' }) }],
  ['removeTotp', 'NOT_FOUND', { by: USER }],
  ['replaceRecoveryCodes', 'NOT_FOUND', { by: USER }],
  ['resetSecondFactor', 'NOT_FOUND', { by: ADMIN, variables: ({ bob }) => input({ userId: bob.id }) }],
]
