import { CONTRACTS } from '../contract/feature-contract.ts'
import { CONFIRM, codeAt, type SetUp, START } from '../support/second-factor.ts'
import { PASSWORD, type Person } from '../support/story.ts'
import {
  ADMIN,
  ADMIN_OR_SUPPORT,
  BY_TOKEN,
  type DecidedLine,
  EVERYBODY,
  OWN_ONLY,
  OWN_OR_ADMIN,
  OWN_OR_ADMIN_OR_SUPPORT,
  type RootLine,
  SIGNED_IN,
  type Sight,
  STRANGERS,
} from './outcomes.ts'

/*
 * Who gets what, for every field of the schema. The tests are made from these tables, those of the features'
 * `*.contract.ts`, and the schema, and fail for a field that is missing.
 */

const CREATE_KEY = 'mutation { createApiKey(input: { name: "key", permissions: [PROFILE_READ] }) { apiKey { id } } }'

// biome-ignore format: a table, one field a line
export const ROOT_FIELDS: Record<string, RootLine> = {
  'Query.me': { gets: SIGNED_IN, ofKeys: { other: ['PROFILE_READ'] }, document: () => '{ me { id } }' },
  'Query.user': { gets: OWN_OR_ADMIN_OR_SUPPORT, ofKeys: { own: ['PROFILE_READ'], other: ['PROFILE_READ', 'PROFILE_READ_ANY'] }, document: ({ id }) => `{ user(id: "${id}") { id } }` },
  'Query.users': { gets: ADMIN, ofKeys: { other: ['USER_READ'] }, document: () => '{ users { nodes { id } } }' },
  'Query.activities': { gets: ADMIN_OR_SUPPORT, ofKeys: { other: ['ACTIVITY_READ_ANY'] }, document: () => '{ activities { nodes { id } } }' },
  'Query.session': { gets: SIGNED_IN, document: () => '{ session { id } }' },
  'Query.roles': { gets: SIGNED_IN, ofKeys: { other: [] }, document: () => '{ roles { name } }' },
  'Query.can': { gets: EVERYBODY, ofKeys: { other: [] }, document: ({ id }) => `{ can(permission: PROFILE_READ, ownerId: "${id}") { allowed } }` },

  'Mutation.register': { gets: EVERYBODY, document: (_, fresh) => `mutation { register(input: { username: "${fresh}", email: "${fresh}@example.net", password: "${PASSWORD}" }) { user { id } } }` },
  'Mutation.login': { gets: EVERYBODY, document: ({ username }) => `mutation { login(input: { identifier: "${username}", password: "${PASSWORD}" }) { user { id } } }` },
  'Mutation.refresh': { gets: EVERYBODY, document: ({ refreshToken }) => `mutation { refresh(input: { refreshToken: "${refreshToken}" }) { user { id } } }` },
  'Mutation.logout': { gets: SIGNED_IN, document: () => 'mutation { logout { sessionId } }' },

  'Mutation.updateProfile': { gets: OWN_OR_ADMIN, ofKeys: { own: ['PROFILE_UPDATE'], other: ['PROFILE_UPDATE', 'PROFILE_UPDATE_ANY'] }, document: ({ id }) => `mutation { updateProfile(input: { userId: "${id}", displayName: "New" }) { user { id } } }` },
  'Mutation.changeEmail': { gets: SIGNED_IN, document: (_, fresh) => `mutation { changeEmail(input: { email: "${fresh}@example.net", currentPassword: "${PASSWORD}" }) { user { id } } }` },
  'Mutation.changePassword': { gets: SIGNED_IN, document: () => `mutation { changePassword(input: { currentPassword: "${PASSWORD}", newPassword: "another long password 2" }) { user { id } } }` },
  'Mutation.deleteProfile': { gets: OWN_OR_ADMIN, document: ({ id }) => `mutation { deleteProfile(input: { userId: "${id}", currentPassword: "${PASSWORD}" }) { userId } }` },

  'Mutation.createUser': { gets: ADMIN, ofKeys: { other: ['USER_CREATE'] }, document: (_, fresh) => `mutation { createUser(input: { username: "${fresh}", email: "${fresh}@example.net", password: "${PASSWORD}", role: "guest" }) { user { id } } }` },
  'Mutation.updateUser': { gets: ADMIN_OR_SUPPORT, ofKeys: { other: ['USER_UPDATE'] }, document: ({ id }) => `mutation { updateUser(input: { userId: "${id}", displayName: "New" }) { user { id } } }` },
  'Mutation.deleteUser': { gets: ADMIN, ofKeys: { other: ['USER_DELETE'] }, document: ({ id }) => `mutation { deleteUser(input: { userId: "${id}" }) { userId } }` },

  'Mutation.revokeSession': { gets: OWN_ONLY, document: ({ sessionId }) => `mutation { revokeSession(input: { sessionId: "${sessionId}" }) { sessionId } }` },
  'Mutation.revokeOtherSessions': { gets: SIGNED_IN, document: () => 'mutation { revokeOtherSessions { revokedSessions } }' },
  'Mutation.revokeUserSessions': { gets: ADMIN_OR_SUPPORT, ofKeys: { other: ['USER_UPDATE'] }, document: ({ id }) => `mutation { revokeUserSessions(input: { userId: "${id}" }) { revokedSessions } }` },

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
  'Mutation.resetSecondFactor': { gets: ADMIN_OR_SUPPORT, prepare: setUp, document: ({ id }) => `mutation { resetSecondFactor(input: { userId: "${id}" }) { user { id } } }` },

  'Mutation.createRole': { gets: ADMIN, document: (_, fresh) => `mutation { createRole(input: { name: "${fresh}", permissions: [] }) { role { name } } }` },
  'Mutation.updateRole': { gets: ADMIN, document: () => 'mutation { updateRole(input: { name: "guest", description: "New" }) { role { name } } }' },
  'Mutation.deleteRole': { gets: ADMIN, document: () => 'mutation { deleteRole(input: { name: "spare" }) { name } }' },
  'Mutation.createApiKey': { gets: SIGNED_IN, document: () => CREATE_KEY },
  'Mutation.revokeApiKey': { gets: OWN_ONLY, prepare: newKey, document: (_, _fresh, id) => `mutation { revokeApiKey(input: { apiKeyId: "${id}" }) { apiKeyId } }` },

  ...Object.assign({}, ...CONTRACTS.map(({ rootFields }) => rootFields)),
}

/** How a viewer reaches an object. `FIELD` stands for the requested field, `FRESH` for an unused name, `TILDA` for the id of her account. */
export const WAYS = {
  'the own account': '{ me { FIELD } }',
  'an account that the viewer has just opened for somebody': `mutation { register(input: { username: "FRESH", email: "FRESH@example.net", password: "${PASSWORD}" }) { user { FIELD } } }`,
  'the account just signed in': `mutation { login(input: { identifier: "bob", password: "${PASSWORD}" }) { user { FIELD } } }`,
  'another account by its id': '{ user(id: "TILDA") { FIELD } }',
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

type Asker = keyof Sights[number][1]

const STRANGE = ['anonymous', 'expired', 'disabled'] as const
const USERS = ['own', 'other', 'demoted'] as const
const ALL_SIGNED_IN = ['own', 'demoted', 'support', 'admin'] as const

/** Strangers who are not named cannot come this way. */
function by(askers: Partial<Record<Sight, readonly Asker[]>>): Sights[number][1] {
  const named = Object.entries(askers).flatMap(([sight, names]) => names.map((name) => [name, sight] as const))
  return { ...STRANGERS, ...Object.fromEntries(named) }
}

/** Own, or another's with user:read. */
// biome-ignore format: a table, one way a line
const OF_ACCOUNTS: Sights = [
  ['the own account', by({ SHOWN: [...ALL_SIGNED_IN, 'key', 'narrowKey'] })],
  ['an account that the viewer has just opened for somebody', by({ SHOWN: ['admin', 'key'], HIDDEN: [...STRANGE, 'other', 'demoted', 'support', 'narrowKey'] })],
  ['the account just signed in', by({ SHOWN: [...STRANGE, 'other', 'demoted', 'support', 'admin', 'key', 'narrowKey'] })],
  ['another account by its id', by({ SHOWN: ['admin', 'key'], HIDDEN: ['support'], FORBIDDEN: [...USERS, 'narrowKey'] })],
  ['an account in the list of all', by({ SHOWN: ['admin', 'key'], FORBIDDEN: [...USERS, 'support', 'narrowKey'] })],
]
/** The same, and of no program. */
// biome-ignore format: a table, one way a line
const OF_ACCOUNTS_BY_SESSION: Sights = [
  ['the own account', by({ SHOWN: ALL_SIGNED_IN, HIDDEN: ['key', 'narrowKey'] })],
  ['an account that the viewer has just opened for somebody', by({ SHOWN: ['admin'], HIDDEN: [...STRANGE, 'other', 'demoted', 'support', 'key', 'narrowKey'] })],
  ['the account just signed in', by({ SHOWN: [...STRANGE, 'other', 'demoted', 'support', 'admin', 'key', 'narrowKey'] })],
  ['another account by its id', by({ SHOWN: ['admin'], HIDDEN: ['support', 'key'], FORBIDDEN: [...USERS, 'narrowKey'] })],
  ['an account in the list of all', by({ SHOWN: ['admin'], HIDDEN: ['key'], FORBIDDEN: [...USERS, 'support', 'narrowKey'] })],
]
/** Own: activity:read_own. Another's: activity:read_any. */
// biome-ignore format: a table, one way a line
const OF_ACCOUNTS_BY_ACTIVITY: Sights = [
  ['the own account', by({ SHOWN: [...ALL_SIGNED_IN, 'key'], HIDDEN: ['narrowKey'] })],
  ['an account that the viewer has just opened for somebody', by({ SHOWN: ['support', 'admin', 'key'], HIDDEN: [...STRANGE, 'other', 'demoted', 'narrowKey'] })],
  ['the account just signed in', by({ SHOWN: [...STRANGE, 'other', 'demoted', 'support', 'admin', 'key', 'narrowKey'] })],
  ['another account by its id', by({ SHOWN: ['support', 'admin', 'key'], FORBIDDEN: [...USERS, 'narrowKey'] })],
  ['an account in the list of all', by({ SHOWN: ['admin', 'key'], FORBIDDEN: [...USERS, 'support', 'narrowKey'] })],
]
/** Not of an account that was just opened: it has neither. */
const OF_ADDRESSES = OF_ACCOUNTS.filter(([way]) => way !== 'an account that the viewer has just opened for somebody')
/** Only Tilda and the viewers have a second factor. */
const OF_FACTORS = OF_ADDRESSES.filter(([way]) => way === 'the own account' || way === 'another account by its id')
const OF_ACTIVITY: Sights = [
  ['an own act', by({ SHOWN: [...ALL_SIGNED_IN, 'key'] })],
  [
    'an act of an administrator on the own account',
    by({ SHOWN: ['support', 'admin', 'key'], HIDDEN: ['own', 'demoted'] }),
  ],
  [
    'an act of another in the list of all',
    by({ SHOWN: ['support', 'admin', 'key'], FORBIDDEN: [...USERS, 'narrowKey'] }),
  ],
]
const OF_ADDRESSES_OF_ACTS: Sights = [
  ...OF_ACTIVITY,
  ['an anonymous attempt on the own account', by({ SHOWN: [...ALL_SIGNED_IN, 'key'] })],
]
const OF_SESSIONS: Sights = [
  ['the current session', by({ SHOWN: ALL_SIGNED_IN, FORBIDDEN: ['key', 'narrowKey'] })],
  ['another session of the own account', by({ HIDDEN: ALL_SIGNED_IN })],
  ['a session of another account', by({ HIDDEN: ['admin'], FORBIDDEN: [...USERS, 'support', 'narrowKey'] })],
]

/** Fields of objects that not everybody who sees the object may see. */
export const DECIDED_FIELDS: Record<string, DecidedLine> = {
  'User.activities': { selection: 'activities { nodes { id } }', sights: OF_ACCOUNTS_BY_ACTIVITY },
  'User.sessions': { selection: 'sessions { id }', sights: OF_ACCOUNTS_BY_SESSION },
  'User.apiKeys': { selection: 'apiKeys { id }', sights: OF_ACCOUNTS_BY_SESSION },
  'User.permissions': { selection: 'permissions', sights: OF_ACCOUNTS },
  'User.emailVerifiedAt': { selection: 'emailVerifiedAt', sights: OF_ADDRESSES },
  'User.pendingEmail': { selection: 'pendingEmail', sights: OF_ADDRESSES },
  'User.totpEnabledAt': { selection: 'totpEnabledAt', sights: OF_FACTORS },
  'User.recoveryCodesLeft': {
    selection: 'recoveryCodesLeft',
    sights: [
      ['the own account', by({ SHOWN: ALL_SIGNED_IN, HIDDEN: ['key', 'narrowKey'] })],
      ['another account by its id', by({ HIDDEN: ['support', 'admin', 'key'], FORBIDDEN: [...USERS, 'narrowKey'] })],
    ],
  },
  'Role.userCount': {
    selection: 'userCount',
    sights: [
      ['{ roles { FIELD } }', by({ SHOWN: ['admin', 'key'], HIDDEN: ['own', 'demoted', 'support', 'narrowKey'] })],
    ],
  },
  'Activity.ipAddress': { selection: 'ipAddress', sights: OF_ADDRESSES_OF_ACTS },
  'Activity.userAgent': { selection: 'userAgent', sights: OF_ADDRESSES_OF_ACTS },
  'Activity.actor': { selection: 'actor { id }', sights: OF_ACTIVITY },
  'Activity.user': {
    selection: 'user { id }',
    sights: [
      ['an own act', by({ SHOWN: [...ALL_SIGNED_IN, 'key'] })],
      ['an act of an administrator on the own account', by({ SHOWN: [...ALL_SIGNED_IN, 'key'] })],
      ['an anonymous attempt on the own account', by({ SHOWN: [...ALL_SIGNED_IN, 'key'] })],
      [
        'an act of another in the list of all',
        by({ SHOWN: ['support', 'admin', 'key'], FORBIDDEN: [...USERS, 'narrowKey'] }),
      ],
    ],
  },
  'Session.value': { selection: 'value(key: "k")', sights: OF_SESSIONS },
  'Session.keys': { selection: 'keys', sights: OF_SESSIONS, isEmptyHidden: true },
  ...Object.assign({}, ...CONTRACTS.map(({ decidedFields }) => decidedFields)),
}

/** All other fields, which every viewer of their object sees. */
export const PUBLIC_FIELDS: Record<string, string[]> = {
  User: ['id', 'username', 'email', 'displayName', 'role', 'isActive', 'createdAt', 'updatedAt', 'lastLoginAt'],
  Role: ['name', 'description', 'permissions', 'isBuiltIn'],
  ApiKey: ['id', 'name', 'hint', 'permissions', 'createdAt', 'expiresAt', 'lastUsedAt'],
  AccessDecision: ['allowed', 'permission', 'reason'],
  Activity: ['id', 'action', 'details', 'timestamp', 'userId', 'actorId', 'apiKeyId'],
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
  RolePayload: ['role'],
  DeleteRolePayload: ['name', 'movedUsers'],
  CreateApiKeyPayload: ['apiKey', 'secret'],
  RevokeApiKeyPayload: ['apiKeyId'],
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

/** The id of a new key; no id for whom may not make one. */
async function newKey({ client }: Person): Promise<string> {
  const { data } = await client.run<{ createApiKey: { apiKey: { id: string } } | null }, undefined>(CREATE_KEY)
  return data?.createApiKey?.apiKey.id ?? 'none'
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
