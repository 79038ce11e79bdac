import { Permission } from './permissions.ts'
import {
  type AccessMap,
  anyone,
  anyoneOrViewer,
  type Condition,
  session,
  sessionOrCookie,
  sessionOrKey,
  whileRegistrationIsOpen,
  withMail,
} from './rules.ts'

const isOneself: Condition = ({ user }, { userId }) => userId === user.id
const hasSecondFactor: Condition = ({ user }) => user.totpEnabledAt !== null
const isOwnWithSecondFactor: Condition = ({ user }, { userId }) =>
  user.totpEnabledAt !== null && (userId ?? user.id) === user.id
const namesRole: Condition = (_viewer, { role }) => typeof role === 'string'

/**
 * Who may call each root field, printed as `@access`. A field without a line is denied, and the service does not start.
 * Services check whether the viewer may touch a particular row.
 */
export const permissionMap: AccessMap = {
  Query: {
    me: sessionOrKey(undefined, { ofKey: Permission.PROFILE_READ }),
    user: sessionOrKey(Permission.PROFILE_READ),
    users: sessionOrKey(Permission.USER_READ),
    activities: sessionOrKey(Permission.ACTIVITY_READ_ANY),
    session: session(),
    roles: sessionOrKey(),
    can: anyoneOrViewer(),
  },
  Mutation: {
    register: whileRegistrationIsOpen(anyone()),
    login: anyone(),
    refresh: anyone(),
    logout: sessionOrCookie(),
    updateProfile: sessionOrKey(Permission.PROFILE_UPDATE),
    changeEmail: session(Permission.PROFILE_UPDATE, { fresh: hasSecondFactor }),
    changePassword: session(Permission.PROFILE_UPDATE, { fresh: hasSecondFactor }),
    deleteProfile: session(Permission.PROFILE_DELETE, { fresh: isOwnWithSecondFactor }),
    createUser: sessionOrKey(Permission.USER_CREATE),
    updateUser: sessionOrKey(Permission.USER_UPDATE, { fresh: namesRole }),
    deleteUser: sessionOrKey(Permission.USER_DELETE),
    revokeSession: session(),
    revokeOtherSessions: session(),
    revokeUserSessions: sessionOrKey(Permission.USER_UPDATE),
    setSessionValue: session(),
    removeSessionValue: session(),
    clearSessionValues: session(),
    requestEmailVerification: withMail(session()),
    verifyEmail: withMail(anyone()),
    revertEmailChange: withMail(anyone()),
    requestPasswordReset: withMail(anyone()),
    resetPassword: withMail(anyone()),
    reauthenticate: session(),
    startTotp: session(undefined, { fresh: true }),
    confirmTotp: session(),
    removeTotp: session(undefined, { fresh: true }),
    replaceRecoveryCodes: session(undefined, { fresh: true }),
    resetSecondFactor: session(Permission.USER_UPDATE, { fresh: true, forbidden: isOneself }),
    createRole: session(Permission.ROLE_MANAGE, { fresh: true }),
    updateRole: session(Permission.ROLE_MANAGE, { fresh: true }),
    deleteRole: session(Permission.ROLE_MANAGE, { fresh: true }),
    createApiKey: session(undefined, { fresh: true }),
    revokeApiKey: session(),
  },
}
