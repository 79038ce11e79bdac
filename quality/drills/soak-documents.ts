export const REGISTER = 'mutation Register($input: RegisterInput!) { register(input: $input) { user { id } } }'

export const LOGIN =
  'mutation Login($input: LoginInput!) { login(input: $input) { accessToken refreshToken user { username } } }'

export const REFRESH =
  'mutation Refresh($token: String) { refresh(input: { refreshToken: $token }) { accessToken refreshToken } }'

export const LOGOUT = 'mutation Logout { logout { sessionId } }'

export const ME = 'query Me { me { id username email role { name permissions } sessions { id isCurrent } } }'

export const MY_ACTIVITIES = 'query Mine { me { activities(first: 10) { totalCount nodes { action timestamp } } } }'

export const USER = 'query User($id: ID!) { user(id: $id) { username lastLoginAt } }'

export const CAN = 'query Can($id: ID) { can(permission: PROFILE_UPDATE_ANY, ownerId: $id) { allowed reason } }'

export const USERS = `query Users { users(first: 20, orderBy: { field: CREATED_AT, direction: DESC }) {
  totalCount pageInfo { endCursor } nodes { id username activities(first: 5) { nodes { action } } } } }`

export const ACTIVITIES = `query Activities { activities(first: 20, filter: { actions: [USER_LOGIN_FAILED] }) {
  nodes { action user { username } actor { username } ipAddress } } }`

export const RENAME =
  'mutation Rename($displayName: String) { updateProfile(input: { displayName: $displayName }) { user { id } } }'

export const SET_VALUE =
  'mutation SetValue($input: SetSessionValueInput!) { setSessionValue(input: $input) { session { keys } } }'

export const VALUES = 'query Values { session { keys value(key: "key0") other: value(key: "none") } }'

export const REMOVE_VALUE =
  'mutation RemoveValue($key: String!) { removeSessionValue(input: { key: $key }) { session { keys } } }'

export const CLEAR_VALUES = 'mutation ClearValues { clearSessionValues { session { keys } } }'

export const CHANGE_PASSWORD =
  'mutation ChangePassword($input: ChangePasswordInput!) { changePassword(input: $input) { revokedSessions } }'

export const DELETE_PROFILE =
  'mutation DeleteProfile($password: String) { deleteProfile(input: { currentPassword: $password }) { userId } }'

export const DISABLE =
  'mutation Disable($userId: ID!) { updateUser(input: { userId: $userId, isActive: false }) { user { isActive } } }'

export const DELETE_USER = 'mutation DeleteUser($id: ID!) { deleteUser(input: { userId: $id }) { userId } }'

interface Disturbance extends RequestInit {
  path?: string
  status: number
}

const STRICT = { accept: 'application/graphql-response+json' }

/** @returns three of the faulty requests, others in each turn */
export function disturbances(turn: number): Disturbance[] {
  return [0, 1, 2].map((step) => DISTURBANCES[(turn + step) % DISTURBANCES.length] as Disturbance)
}

const DISTURBANCES: Disturbance[] = [
  { body: '{"query":', status: 400 },
  { body: '[{"query":"{ me { id } }"}]', status: 400 },
  { body: JSON.stringify({ query: '{ me { id ' }), headers: STRICT, status: 400 },
  // A new document each time: a cache of documents must stay bounded.
  {
    get body() {
      return JSON.stringify({ query: `{ nothing${crypto.randomUUID().slice(0, 8)} }` })
    },
    headers: STRICT,
    status: 400,
  },
  { body: JSON.stringify({ query: `{ ${'a: __typename '.repeat(20_000)} }` }), status: 413 },
  { body: JSON.stringify({ query: `{ ${nested(60)} }` }), headers: STRICT, status: 400 },
  { body: '{"query":"{ me { id } }"}', headers: { 'content-type': 'text/plain' }, status: 400 },
  { path: '/nothing', body: '{}', status: 404 },
]

function nested(depth: number): string {
  return depth === 0 ? 'id' : `me { ${nested(depth - 1)} }`
}
