import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql'
import { PageInfoType, TOTAL_COUNT, TOTAL_COUNT_IS_EXACT } from '../graphql/connection.types.ts'
import { DateTimeScalar } from '../graphql/scalars.ts'
import { type ActionName, ActivityAction } from './actions.ts'

const describe = (description: string) => ({ description })

registerEnumType(ActivityAction, {
  name: 'ActivityAction',
  description: 'What happened.',
  valuesConfig: {
    USER_REGISTERED: describe('Somebody opened an account.'),
    USER_LOGIN: describe('Signed in.'),
    USER_LOGIN_FAILED: describe('A sign-in was refused: unknown account, wrong password or disabled account.'),
    USER_LOGOUT: describe('Signed out.'),
    REFRESH_TOKEN_REUSED: describe('A used refresh token came again; its session was revoked.'),
    SESSION_REVOKED: describe('A session was ended. Details: its id, a space, and REVOKED or MAX_SESSIONS.'),
    PROFILE_UPDATED: describe('Username or display name changed.'),
    PROFILE_DELETED: describe('The account was removed and its addresses cleared.'),
    EMAIL_CHANGED: describe('The e-mail address changed.'),
    PASSWORD_CHANGED: describe('The password changed; the other sessions ended.'),
    USER_CREATED: describe('An administrator made the account.'),
    USER_UPDATED: describe('An administrator changed username, e-mail address or display name.'),
    USER_ROLE_CHANGED: describe('An administrator changed the role.'),
    USER_ACTIVATED: describe('An administrator enabled the account.'),
    USER_DEACTIVATED: describe('An administrator disabled the account; its sessions ended.'),
    USER_DELETED: describe('An administrator removed the account.'),
    ACCESS_DENIED: describe("A root field was refused. Details: the field's name."),
    EMAIL_VERIFIED: describe('The e-mail address was confirmed by the link of a mail.'),
    EMAIL_CHANGE_REQUESTED: describe('A new e-mail address was given, which waits for its confirmation.'),
    EMAIL_CHANGE_REVERTED: describe(
      'A change of the e-mail address was taken back by the link in the mail to the old one; the sessions and the password ended.',
    ),
    PASSWORD_RESET_REQUESTED: describe('Somebody asked for a link that sets a new password.'),
    PASSWORD_RESET: describe('A new password was set by the link of a mail; the sessions ended.'),
    USER_IMPORTED: describe('An operator brought the account along from another program, or changed it so.'),
    SECOND_FACTOR_ADDED: describe('The second factor was turned on.'),
    SECOND_FACTOR_REMOVED: describe('The second factor was turned off.'),
    SECOND_FACTOR_FAILED: describe('The password was right, and the second factor wrong, used or too old.'),
    SECOND_FACTOR_RESET: describe('An administrator turned the second factor off; the sessions ended.'),
    RECOVERY_CODE_USED: describe('A recovery code served as second factor.'),
    RECOVERY_CODES_REPLACED: describe('New recovery codes were handed out.'),
    REAUTHENTICATED: describe('Password, and second factor where there is one, were given again.'),
    ROLE_CREATED: describe('A role was made. Details: its name.'),
    ROLE_UPDATED: describe('A role was changed. Details: its name.'),
    ROLE_DELETED: describe('A role was removed. Details: its name.'),
    API_KEY_CREATED: describe("An API key was made. Details: the key's id."),
    API_KEY_REVOKED: describe("An API key was ended. Details: the key's id."),
  },
})

/** `user` and `actor` are field resolvers. The service has cleared what the viewer may not see. */
@ObjectType('Activity', { description: 'One thing that happened to an account.', simpleResolvers: true })
export class ActivityType {
  @Field(() => ID, { description: 'UUIDv7.' })
  id!: string

  @Field(() => ActivityAction, { description: 'What happened.' })
  action!: ActionName

  @Field(() => String, { nullable: true, description: 'More about it, by action. Never a name or an address.' })
  details!: string | null

  @Field(() => String, {
    nullable: true,
    description:
      'Null where another account acted and the viewer lacks activity:read_any. An anonymous attempt is shown.',
  })
  ipAddress!: string | null

  @Field(() => String, { nullable: true, description: 'At most 255 characters. Null as ipAddress is.' })
  userAgent!: string | null

  @Field(() => DateTimeScalar, { description: 'When.' })
  timestamp!: Date

  @Field(() => ID, {
    nullable: true,
    description: 'The account that the entry is about. Null for an attempt on an unknown account.',
  })
  userId!: string | null

  @Field(() => ID, {
    nullable: true,
    description: 'Who did it: the user, or an administrator. Null for an anonymous attempt.',
  })
  actorId!: string | null

  @Field(() => ID, { nullable: true, description: 'The API key that it was done with.' })
  apiKeyId!: string | null
}

@ObjectType('ActivityEdge', { description: 'An entry in a list.', simpleResolvers: true })
export class ActivityEdge {
  @Field(() => String, { description: 'Where the node stands in this list; opaque.' })
  cursor!: string

  @Field(() => ActivityType, { description: 'The entry.' })
  node!: ActivityType
}

@ObjectType('ActivityConnection', { description: 'A page of activity, newest first.', simpleResolvers: true })
export class ActivityConnection {
  @Field(() => [ActivityEdge], { description: 'The page with a cursor for each node.' })
  edges!: ActivityEdge[]

  @Field(() => [ActivityType], { description: 'The page, in list order.' })
  nodes!: ActivityType[]

  @Field(() => PageInfoType, { description: 'Where the page stands.' })
  pageInfo!: PageInfoType

  @Field(() => Int, TOTAL_COUNT)
  totalCount!: Promise<number>

  @Field(() => Boolean, TOTAL_COUNT_IS_EXACT)
  totalCountIsExact!: Promise<boolean>
}
