import { PASSWORD } from '../support/story.ts'
import {
  beginSetUp,
  type Call,
  credentials,
  giveRole,
  input,
  keepValue,
  makeKey,
  newAccount,
  nextCode,
  otherSession,
} from './call.ts'

const [USER, ADMIN] = ['a user', 'an administrator'] as const
const NEW_PASSWORD = 'another long password 2'

/** Who sends the document of each root field, and with what: `docs/examples/FIELD.graphql`. */
// biome-ignore format: a table, one call a line
export const SCENES: Record<string, Call> = {
  activities: { by: ADMIN, variables: ({ alice }) => ({ first: 2, filter: { userId: alice.id, actions: ['USER_LOGIN'] } }) },
  can: { by: USER, variables: ({ bob }) => ({ permission: 'PROFILE_UPDATE', ownerId: bob.id }) },
  me: { by: USER },
  roles: { by: USER },
  session: { by: USER, prepare: keepValue, variables: (_, key) => ({ key }) },
  user: { by: ADMIN, variables: ({ bob }) => ({ id: bob.id }) },
  users: { by: ADMIN, variables: ({ bob }) => ({ first: 10, filter: { search: bob.username, isActive: true }, orderBy: { field: 'USERNAME' } }) },

  register: { variables: newAccount },
  login: { variables: ({ alice }) => credentials(alice) },
  refresh: { variables: ({ alice: { refreshToken } }) => input({ refreshToken }) },
  logout: { by: USER },
  reauthenticate: { by: USER, prepare: nextCode, variables: (_, code) => input({ password: PASSWORD, secondFactor: { code } }) },

  updateProfile: { by: USER, variables: () => input({ displayName: 'Alice' }) },
  changeEmail: { by: USER, variables: ({ fresh }) => input({ email: `${fresh}@example.com`, currentPassword: PASSWORD }) },
  changePassword: { by: USER, variables: () => input({ currentPassword: PASSWORD, newPassword: NEW_PASSWORD }) },
  deleteProfile: { by: USER, variables: () => input({ currentPassword: PASSWORD }) },

  createUser: { by: ADMIN, variables: newAccount },
  updateUser: { by: ADMIN, variables: ({ alice }) => input({ userId: alice.id, isActive: false }) },
  deleteUser: { by: ADMIN, variables: ({ alice }) => input({ userId: alice.id }) },

  createRole: { by: ADMIN, variables: ({ fresh }) => input({ name: fresh, description: 'Answers questions.', permissions: ['PROFILE_READ', 'USER_READ'] }) },
  updateRole: { by: ADMIN, prepare: giveRole, variables: (_, name) => input({ name, permissions: ['USER_READ'] }) },
  deleteRole: { by: ADMIN, prepare: giveRole, variables: (_, name) => input({ name, moveTo: 'user' }) },

  createApiKey: { by: USER, variables: () => input({ name: 'backup', permissions: ['PROFILE_READ'] }) },
  revokeApiKey: { by: USER, prepare: makeKey, variables: (_, apiKeyId) => input({ apiKeyId }) },

  revokeSession: { by: USER, prepare: otherSession, variables: (_, sessionId) => input({ sessionId }) },
  revokeOtherSessions: { by: USER },
  revokeUserSessions: { by: ADMIN, variables: ({ alice }) => input({ userId: alice.id }) },
  setSessionValue: { by: USER, variables: () => input({ key: 'theme', value: { dark: true }, expiresIn: 3600 }) },
  removeSessionValue: { by: USER, prepare: keepValue, variables: (_, key) => input({ key }) },
  clearSessionValues: { by: USER, prepare: keepValue },

  requestEmailVerification: { by: USER },
  verifyEmail: { prepare: ({ alice, tokenOf }) => tokenOf('verify-email', alice), variables: (_, token) => input({ token }) },
  revertEmailChange: { prepare: ({ alice, fresh, tokenOf }) => tokenOf('email-changed', alice, `${fresh}@example.com`), variables: (_, token) => input({ token }) },
  requestPasswordReset: { variables: ({ alice: { email } }) => input({ email }) },
  resetPassword: { prepare: ({ alice, tokenOf }) => tokenOf('reset-password', alice), variables: (_, token) => input({ token, newPassword: NEW_PASSWORD }) },

  startTotp: { by: USER },
  confirmTotp: { by: USER, prepare: beginSetUp, variables: (_, code) => input({ code }) },
  removeTotp: { by: USER, prepare: nextCode },
  replaceRecoveryCodes: { by: USER, prepare: nextCode },
  resetSecondFactor: { by: ADMIN, prepare: nextCode, variables: ({ alice }) => input({ userId: alice.id }) },
}
