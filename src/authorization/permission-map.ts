import { Permission } from './permissions.ts'
import { type AccessMap, anyone, anyoneOrSession, session, sessionOrCookie } from './rules.ts'

/**
 * Who may call each root field, printed as `@access`. A field without a line is denied, and the service does not start.
 * Services check whether the viewer may touch a particular row.
 */
export const permissionMap: AccessMap = {
  Query: {
    me: session(),
    user: session(Permission.PROFILE_READ),
    users: session(Permission.USER_READ),
    activities: session(Permission.ACTIVITY_READ_ANY),
    session: session(),
    roles: session(),
    can: anyoneOrSession(),
  },
  Mutation: {
    register: anyone(),
    login: anyone(),
    refresh: anyone(),
    logout: sessionOrCookie(),
    updateProfile: session(Permission.PROFILE_UPDATE),
    changeEmail: session(Permission.PROFILE_UPDATE),
    changePassword: session(Permission.PROFILE_UPDATE),
    deleteProfile: session(Permission.PROFILE_DELETE),
    createUser: session(Permission.USER_CREATE),
    updateUser: session(Permission.USER_UPDATE),
    deleteUser: session(Permission.USER_DELETE),
    revokeSession: session(),
    revokeOtherSessions: session(),
    revokeUserSessions: session(Permission.USER_UPDATE),
    setSessionValue: session(),
    removeSessionValue: session(),
    clearSessionValues: session(),
  },
}
