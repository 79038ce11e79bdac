import { Permission } from './permissions.ts'
import { anyone, permitted, signedIn, signedInOrByCookie } from './rules.ts'
import { deny, type ShieldRule } from './shield.ts'

/**
 * Who may call what: one line per root field. What is not here is denied, and the service does not start.
 * Whether a viewer may touch this or that row is asked again by the service behind the field.
 */
export const permissionMap: Record<'Query' | 'Mutation', Record<string, ShieldRule>> = {
  Query: {
    '*': deny,
    me: signedIn,
    user: permitted(Permission.PROFILE_READ),
    users: permitted(Permission.USER_READ),
    activities: permitted(Permission.ACTIVITY_READ_ANY),
    session: signedIn,
    roles: signedIn,
    can: anyone,
  },
  Mutation: {
    '*': deny,
    register: anyone,
    login: anyone,
    refresh: anyone,
    logout: signedInOrByCookie,
    updateProfile: permitted(Permission.PROFILE_UPDATE),
    changeEmail: permitted(Permission.PROFILE_UPDATE),
    changePassword: permitted(Permission.PROFILE_UPDATE),
    deleteProfile: permitted(Permission.PROFILE_DELETE),
    createUser: permitted(Permission.USER_CREATE),
    updateUser: permitted(Permission.USER_UPDATE),
    deleteUser: permitted(Permission.USER_DELETE),
    revokeSession: signedIn,
    revokeOtherSessions: signedIn,
    revokeUserSessions: permitted(Permission.USER_UPDATE),
    setSessionValue: signedIn,
    removeSessionValue: signedIn,
    clearSessionValues: signedIn,
  },
}
