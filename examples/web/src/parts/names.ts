import type { ActivityAction, Permission } from '../gql/graphql.ts'

type Tone = 'good' | 'bad' | 'warning' | 'neutral'

/** Later versions of the service know more: those are shown by their name. */
const ACTIONS: Partial<Record<ActivityAction, [text: string, tone?: Tone]>> = {
  ACCESS_DENIED: ['Access denied', 'bad'],
  API_KEY_CREATED: ['API key made', 'warning'],
  API_KEY_REVOKED: ['API key revoked'],
  EMAIL_CHANGED: ['E-mail address changed', 'warning'],
  EMAIL_CHANGE_REQUESTED: ['E-mail change asked for'],
  EMAIL_CHANGE_REVERTED: ['E-mail change taken back', 'warning'],
  EMAIL_VERIFIED: ['E-mail address confirmed', 'good'],
  PASSWORD_CHANGED: ['Password changed', 'warning'],
  PASSWORD_RESET: ['Password set by mail', 'warning'],
  PASSWORD_RESET_REQUESTED: ['New password asked for'],
  PROFILE_DELETED: ['Account deleted', 'bad'],
  PROFILE_UPDATED: ['Profile changed'],
  REAUTHENTICATED: ['Password given again'],
  RECOVERY_CODES_REPLACED: ['Recovery codes replaced', 'warning'],
  RECOVERY_CODE_USED: ['Recovery code used', 'warning'],
  REFRESH_TOKEN_REUSED: ['Session key used twice', 'bad'],
  ROLE_CREATED: ['Role made', 'warning'],
  ROLE_DELETED: ['Role deleted', 'warning'],
  ROLE_UPDATED: ['Role changed', 'warning'],
  SECOND_FACTOR_ADDED: ['Two-step sign-in turned on', 'good'],
  SECOND_FACTOR_FAILED: ['Wrong sign-in code', 'bad'],
  SECOND_FACTOR_REMOVED: ['Two-step sign-in turned off', 'warning'],
  SECOND_FACTOR_RESET: ['Two-step sign-in reset', 'warning'],
  SESSION_REVOKED: ['Device signed out'],
  USER_ACTIVATED: ['Account enabled', 'good'],
  USER_CREATED: ['Account made', 'good'],
  USER_DEACTIVATED: ['Account disabled', 'bad'],
  USER_DELETED: ['Account deleted', 'bad'],
  USER_IMPORTED: ['Account imported'],
  USER_LOGIN: ['Signed in', 'good'],
  USER_LOGIN_FAILED: ['Sign-in failed', 'bad'],
  USER_LOGOUT: ['Signed out'],
  USER_REGISTERED: ['Account opened', 'good'],
  USER_ROLE_CHANGED: ['Given another role', 'warning'],
  USER_UPDATED: ['Account changed'],
}

export function describeAction(action: ActivityAction): { text: string; tone: Tone } {
  const [text = capitalised(action), tone = 'neutral'] = ACTIONS[action] ?? []
  return { text, tone }
}

export const ACTION_NAMES = Object.entries(ACTIONS).map(([action, [text]]) => ({
  action: action as ActivityAction,
  text,
}))

function capitalised(name: string): string {
  const words = name.toLowerCase().replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

const PERMISSIONS: Partial<Record<Permission, string>> = {
  PROFILE_READ: 'See the own profile',
  PROFILE_UPDATE: 'Change the own profile',
  PROFILE_DELETE: 'Delete the own account',
  PROFILE_READ_ANY: 'See any profile',
  PROFILE_UPDATE_ANY: 'Change any profile',
  PROFILE_DELETE_ANY: 'Delete any account',
  ACTIVITY_READ_OWN: 'See the own activity',
  ACTIVITY_READ_ANY: 'See all activity',
  USER_CREATE: 'Invite and make users',
  USER_READ: 'List users',
  USER_UPDATE: 'Change and disable users',
  USER_DELETE: 'Delete users',
  ROLE_MANAGE: 'Make and change roles',
  TOKEN_INTROSPECT: 'Check access tokens, for services',
}

export const describePermission = (permission: Permission) => PERMISSIONS[permission] ?? capitalised(permission)
