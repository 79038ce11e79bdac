import { CONTRACTS } from '../contract/feature-contract.ts'
import { CONFIRM, codeAt, type SetUp, START } from '../support/second-factor.ts'
import { PASSWORD, type Person } from '../support/story.ts'
import {
  ADMIN,
  BY_TOKEN,
  type DecidedLine,
  EVERYBODY,
  OWN_ONLY,
  OWN_OR_ADMIN,
  type RootLine,
  SIGNED_IN,
  STRANGERS,
} from './outcomes.ts'

/*
 * Who gets what, for every field of the schema. The tests are made from these tables, those of the features'
 * `*.contract.ts`, and the schema, and fail for a field that is missing.
 */

// biome-ignore format: a table, one field a line
export const ROOT_FIELDS: Record<string, RootLine> = {
  'Query.me': { gets: SIGNED_IN, document: () => '{ me { id } }' },
  'Query.user': { gets: OWN_OR_ADMIN, document: ({ id }) => `{ user(id: "${id}") { id } }` },
  'Query.users': { gets: ADMIN, document: () => '{ users { nodes { id } } }' },
  'Query.activities': { gets: ADMIN, document: () => '{ activities { nodes { id } } }' },
  'Query.session': { gets: SIGNED_IN, document: () => '{ session { id } }' },
  'Query.roles': { gets: SIGNED_IN, document: () => '{ roles { name } }' },
  'Query.can': { gets: EVERYBODY, document: ({ id }) => `{ can(permission: PROFILE_READ, ownerId: "${id}") { allowed } }` },

  'Mutation.register': { gets: EVERYBODY, document: (_, fresh) => `mutation { register(input: { username: "${fresh}", email: "${fresh}@example.net", password: "${PASSWORD}" }) { user { id } } }` },
  'Mutation.login': { gets: EVERYBODY, document: ({ username }) => `mutation { login(input: { identifier: "${username}", password: "${PASSWORD}" }) { user { id } } }` },
  'Mutation.refresh': { gets: EVERYBODY, document: ({ refreshToken }) => `mutation { refresh(input: { refreshToken: "${refreshToken}" }) { user { id } } }` },
  'Mutation.logout': { gets: SIGNED_IN, document: () => 'mutation { logout { sessionId } }' },

  'Mutation.updateProfile': { gets: OWN_OR_ADMIN, document: ({ id }) => `mutation { updateProfile(input: { userId: "${id}", displayName: "New" }) { user { id } } }` },
  'Mutation.changeEmail': { gets: SIGNED_IN, document: (_, fresh) => `mutation { changeEmail(input: { email: "${fresh}@example.net", currentPassword: "${PASSWORD}" }) { user { id } } }` },
  'Mutation.changePassword': { gets: SIGNED_IN, document: () => `mutation { changePassword(input: { currentPassword: "${PASSWORD}", newPassword: "another long password 2" }) { user { id } } }` },
  'Mutation.deleteProfile': { gets: OWN_OR_ADMIN, document: ({ id }) => `mutation { deleteProfile(input: { userId: "${id}", currentPassword: "${PASSWORD}" }) { userId } }` },

  'Mutation.createUser': { gets: ADMIN, document: (_, fresh) => `mutation { createUser(input: { username: "${fresh}", email: "${fresh}@example.net", password: "${PASSWORD}" }) { user { id } } }` },
  'Mutation.updateUser': { gets: ADMIN, document: ({ id }) => `mutation { updateUser(input: { userId: "${id}", role: "admin" }) { user { id } } }` },
  'Mutation.deleteUser': { gets: ADMIN, document: ({ id }) => `mutation { deleteUser(input: { userId: "${id}" }) { userId } }` },

  'Mutation.revokeSession': { gets: OWN_ONLY, document: ({ sessionId }) => `mutation { revokeSession(input: { sessionId: "${sessionId}" }) { sessionId } }` },
  'Mutation.revokeOtherSessions': { gets: SIGNED_IN, document: () => 'mutation { revokeOtherSessions { revokedSessions } }' },
  'Mutation.revokeUserSessions': { gets: ADMIN, document: ({ id }) => `mutation { revokeUserSessions(input: { userId: "${id}" }) { revokedSessions } }` },

  'Mutation.setSessionValue': { gets: SIGNED_IN, document: () => 'mutation { setSessionValue(input: { key: "k", value: 1 }) { session { id } } }' },
  'Mutation.removeSessionValue': { gets: SIGNED_IN, document: () => 'mutation { removeSessionValue(input: { key: "k" }) { session { id } } }' },
  'Mutation.clearSessionValues': { gets: SIGNED_IN, document: () => 'mutation { clearSessionValues { session { id } } }' },

  'Mutation.requestEmailVerification': { gets: SIGNED_IN, document: () => 'mutation { requestEmailVerification { accepted } }' },
  'Mutation.verifyEmail': { gets: BY_TOKEN, document: () => 'mutation { verifyEmail(input: { token: "forged" }) { email } }' },
  'Mutation.revertEmailChange': { gets: BY_TOKEN, document: () => 'mutation { revertEmailChange(input: { token: "forged" }) { email } }' },
  'Mutation.requestPasswordReset': { gets: EVERYBODY, document: ({ email }) => `mutation { requestPasswordReset(input: { email: "${email}" }) { accepted } }` },
  'Mutation.resetPassword': { gets: BY_TOKEN, document: () => `mutation { resetPassword(input: { token: "forged", newPassword: "${PASSWORD}" }) { revokedSessions } }` },
  'Mutation.reauthenticate': { gets: SIGNED_IN, document: () => `mutation { reauthenticate(input: { password: "${PASSWORD}" }) { session { id } } }` },
  'Mutation.startTotp': { gets: SIGNED_IN, document: () => 'mutation { startTotp { secret } }' },
  'Mutation.confirmTotp': { gets: OWN_ONLY, prepare: beginSetUp, document: (_, _fresh, code) => `mutation { confirmTotp(input: { code: "${code}" }) { recoveryCodes } }` },
  'Mutation.removeTotp': { gets: OWN_ONLY, prepare: setUp, document: () => 'mutation { removeTotp { user { id } } }' },
  'Mutation.replaceRecoveryCodes': { gets: OWN_ONLY, prepare: setUp, document: () => 'mutation { replaceRecoveryCodes { recoveryCodes } }' },
  'Mutation.resetSecondFactor': { gets: ADMIN, prepare: setUp, document: ({ id }) => `mutation { resetSecondFactor(input: { userId: "${id}" }) { user { id } } }` },

  ...Object.assign({}, ...CONTRACTS.map(({ rootFields }) => rootFields)),
}

/** How a viewer reaches an object. `FIELD` stands for the requested field, `FRESH` for an unused name. */
export const WAYS = {
  'the own account': '{ me { FIELD } }',
  'an account that the viewer has just opened for somebody': `mutation { register(input: { username: "FRESH", email: "FRESH@example.net", password: "${PASSWORD}" }) { user { FIELD } } }`,
  'the account just signed in': `mutation { login(input: { identifier: "bob", password: "${PASSWORD}" }) { user { FIELD } } }`,
  'an account in the list of all': '{ users(filter: { search: "bob" }) { nodes { FIELD } } }',
  'an own act': '{ me { activities(first: 1, filter: { actions: [USER_LOGIN] }) { nodes { FIELD } } } }',
  'an act of an administrator on the own account':
    '{ me { activities(first: 1, filter: { actions: [USER_UPDATED] }) { nodes { FIELD } } } }',
  'an anonymous attempt on the own account':
    '{ me { activities(first: 1, filter: { actions: [USER_LOGIN_FAILED] }) { nodes { FIELD } } } }',
  'an act of another in the list of all':
    '{ activities(first: 1, filter: { actions: [USER_REGISTERED] }) { nodes { FIELD } } }',
  'the current session': '{ session { FIELD } }',
  'another session of the own account': '{ me { sessions { isCurrent FIELD } } }',
  'the session just begun': `mutation { login(input: { identifier: "bob", password: "${PASSWORD}" }) { session { FIELD } } }`,
  'a session of another account': '{ users(filter: { search: "bob" }) { nodes { sessions { FIELD } } } }',
} as const
export type Way = keyof typeof WAYS

type Sights = DecidedLine['sights']

const NO_WAY = STRANGERS
const NOT_IN_LIST = { ...NO_WAY, own: 'FORBIDDEN', other: 'FORBIDDEN', demoted: 'FORBIDDEN' } as const
const ALL_SIGNED_IN = { own: 'SHOWN', demoted: 'SHOWN', admin: 'SHOWN' } as const

const OF_ACCOUNTS: Sights = [
  ['the own account', { ...NO_WAY, ...ALL_SIGNED_IN }],
  [
    'an account that the viewer has just opened for somebody',
    { anonymous: 'HIDDEN', expired: 'HIDDEN', disabled: 'HIDDEN', other: 'HIDDEN', demoted: 'HIDDEN', admin: 'SHOWN' },
  ],
  [
    'the account just signed in',
    { anonymous: 'SHOWN', expired: 'SHOWN', disabled: 'SHOWN', other: 'SHOWN', demoted: 'SHOWN', admin: 'SHOWN' },
  ],
  ['an account in the list of all', { ...NOT_IN_LIST, admin: 'SHOWN' }],
]
/** Not of an account that was just opened: it has neither. */
const OF_ADDRESSES = OF_ACCOUNTS.filter(([way]) => way !== 'an account that the viewer has just opened for somebody')
const OF_ACTIVITY: Sights = [
  ['an own act', { ...NO_WAY, ...ALL_SIGNED_IN }],
  ['an act of an administrator on the own account', { ...NO_WAY, own: 'HIDDEN', demoted: 'HIDDEN', admin: 'SHOWN' }],
  ['an act of another in the list of all', { ...NOT_IN_LIST, admin: 'SHOWN' }],
]
const OF_SESSIONS: Sights = [
  ['the current session', { ...NO_WAY, ...ALL_SIGNED_IN }],
  ['another session of the own account', { ...NO_WAY, own: 'HIDDEN', demoted: 'HIDDEN', admin: 'HIDDEN' }],
  ['a session of another account', { ...NOT_IN_LIST, admin: 'HIDDEN' }],
]
/** The account in the list that has a second factor. */
const WITH_SECOND_FACTOR = '{ users(filter: { search: "tilda" }) { nodes { FIELD } } }'
const ADDRESSES: Sights = [...OF_ACTIVITY, ['an anonymous attempt on the own account', { ...NO_WAY, ...ALL_SIGNED_IN }]]

/** Fields of objects that not everybody who sees the object may see. */
export const DECIDED_FIELDS: Record<string, DecidedLine> = {
  'User.activities': { selection: 'activities { nodes { id } }', sights: OF_ACCOUNTS },
  'User.sessions': { selection: 'sessions { id }', sights: OF_ACCOUNTS },
  'User.emailVerifiedAt': { selection: 'emailVerifiedAt', sights: OF_ADDRESSES },
  'User.pendingEmail': { selection: 'pendingEmail', sights: OF_ADDRESSES },
  'User.totpEnabledAt': {
    selection: 'totpEnabledAt',
    sights: [
      ['the own account', { ...NO_WAY, ...ALL_SIGNED_IN }],
      [WITH_SECOND_FACTOR, { ...NOT_IN_LIST, admin: 'SHOWN' }],
    ],
  },
  'User.recoveryCodesLeft': {
    selection: 'recoveryCodesLeft',
    sights: [
      ['the own account', { ...NO_WAY, ...ALL_SIGNED_IN }],
      [WITH_SECOND_FACTOR, { ...NOT_IN_LIST, admin: 'HIDDEN' }],
    ],
  },
  'Activity.ipAddress': { selection: 'ipAddress', sights: ADDRESSES },
  'Activity.userAgent': { selection: 'userAgent', sights: ADDRESSES },
  'Activity.actor': { selection: 'actor { id }', sights: OF_ACTIVITY },
  'Activity.user': {
    selection: 'user { id }',
    sights: [
      ['an own act', { ...NO_WAY, ...ALL_SIGNED_IN }],
      ['an act of an administrator on the own account', { ...NO_WAY, ...ALL_SIGNED_IN }],
      ['an anonymous attempt on the own account', { ...NO_WAY, ...ALL_SIGNED_IN }],
      ['an act of another in the list of all', { ...NOT_IN_LIST, admin: 'SHOWN' }],
    ],
  },
  'Session.value': { selection: 'value(key: "k")', sights: OF_SESSIONS },
  'Session.keys': { selection: 'keys', sights: OF_SESSIONS, isEmptyHidden: true },
  ...Object.assign({}, ...CONTRACTS.map(({ decidedFields }) => decidedFields)),
}

/** All other fields, which every viewer of their object sees. */
export const PUBLIC_FIELDS: Record<string, string[]> = {
  User: ['id', 'username', 'email', 'displayName', 'role', 'isActive', 'createdAt', 'updatedAt', 'lastLoginAt'],
  Role: ['name', 'description', 'permissions'],
  AccessDecision: ['allowed', 'permission', 'reason'],
  Activity: ['id', 'action', 'details', 'timestamp', 'userId', 'actorId'],
  Session: ['id', 'createdAt', 'lastActiveAt', 'expiresAt', 'ipAddress', 'userAgent', 'isCurrent', 'authenticatedAt'],
  AuthPayload: [
    'accessToken',
    'accessTokenExpiresAt',
    'accessTokenExpiresIn',
    'refreshToken',
    'csrfToken',
    'session',
    'user',
  ],
  ReauthenticatePayload: ['session'],
  StartTotpPayload: ['secret', 'uri', 'expiresAt'],
  RecoveryCodesPayload: ['recoveryCodes', 'user'],
  RemoveTotpPayload: ['user'],
  ResetSecondFactorPayload: ['user'],
  FieldError: ['path', 'code', 'message'],
  RegisterPayload: ['user'],
  LogoutPayload: ['sessionId'],
  UpdateProfilePayload: ['user'],
  ChangeEmailPayload: ['user'],
  ChangePasswordPayload: ['user', 'revokedSessions'],
  DeleteProfilePayload: ['userId'],
  CreateUserPayload: ['user'],
  UpdateUserPayload: ['user'],
  DeleteUserPayload: ['userId'],
  RequestMailPayload: ['accepted'],
  VerifyEmailPayload: ['email'],
  RevertEmailChangePayload: ['email'],
  ResetPasswordPayload: ['revokedSessions'],
  RevokeSessionPayload: ['sessionId'],
  RevokeSessionsPayload: ['revokedSessions'],
  SessionPayload: ['session'],
  PageInfo: ['hasNextPage', 'hasPreviousPage', 'startCursor', 'endCursor'],
  UserConnection: ['edges', 'nodes', 'pageInfo', 'totalCount', 'totalCountIsExact'],
  UserEdge: ['cursor', 'node'],
  ActivityConnection: ['edges', 'nodes', 'pageInfo', 'totalCount', 'totalCountIsExact'],
  ActivityEdge: ['cursor', 'node'],
}

for (const [type, fields] of CONTRACTS.flatMap(({ publicFields }) => Object.entries(publicFields ?? {}))) {
  PUBLIC_FIELDS[type] = [...(PUBLIC_FIELDS[type] ?? []), ...fields]
}

/** A code that confirms the set-up that has begun; any code for whom may not begin one. */
async function beginSetUp(person: Person): Promise<string> {
  const { data } = await person.client.run<{ startTotp: SetUp | null }, undefined>(START)
  return data?.startTotp ? codeAt(data.startTotp.secret, new Date()) : '000000'
}

/** Turns the second factor on, for whom may. */
async function setUp(person: Person): Promise<string> {
  const code = await beginSetUp(person)
  await person.client.run(CONFIRM, { code })
  return ''
}
