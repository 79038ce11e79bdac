import { Field, ID, InputType, Int, ObjectType } from 'type-graphql'
import { DateTimeScalar, JsonScalar } from '../graphql/scalars.ts'

/** `isCurrent`, `value` and `keys` are field resolvers. */
@ObjectType('Session', { description: 'A sign-in that has not ended.', simpleResolvers: true })
export class SessionType {
  @Field(() => ID, { description: 'UUIDv7; `sid` of its access tokens.' })
  id!: string

  @Field(() => DateTimeScalar, { description: 'The sign-in.' })
  createdAt!: Date

  @Field(() => DateTimeScalar, { description: 'The last sign-in or refresh.' })
  lastActiveAt!: Date

  @Field(() => DateTimeScalar, { description: 'When it ends whatever happens.' })
  expiresAt!: Date

  @Field(() => DateTimeScalar, {
    description:
      'When the password (and the second factor, where there is one) was last given. Refreshing does not renew it.',
  })
  authenticatedAt!: Date

  @Field(() => String, { nullable: true, description: 'Where it was begun.' })
  ipAddress!: string | null

  @Field(() => String, { nullable: true, description: 'With what it was begun; at most 255 characters.' })
  userAgent!: string | null
}

@ObjectType('SessionPayload', { description: 'The session after the change.', simpleResolvers: true })
export class SessionPayload {
  @Field(() => SessionType, { description: 'The current session.' })
  session!: SessionType
}

@ObjectType('RevokeSessionPayload', { description: 'The session that has ended.', simpleResolvers: true })
export class RevokeSessionPayload {
  @Field(() => ID, { description: 'Its id.' })
  sessionId!: string
}

@ObjectType('RevokeSessionsPayload', { description: 'The sessions that have ended.', simpleResolvers: true })
export class RevokeSessionsPayload {
  @Field(() => Int, { description: 'How many.' })
  revokedSessions!: number
}

@InputType('RevokeSessionInput', { description: 'The session to end.' })
export class RevokeSessionInput {
  @Field(() => ID, { description: "One of the viewer's own." })
  sessionId!: string
}

@InputType('RevokeUserSessionsInput', { description: 'The account whose sessions end.' })
export class RevokeUserSessionsInput {
  @Field(() => ID, { description: 'The account.' })
  userId!: string
}

@InputType('SetSessionValueInput', { description: 'A value to keep in the current session.' })
export class SetSessionValueInput {
  @Field(() => String, { description: '1 to 64 characters.' })
  key!: string

  @Field(() => JsonScalar, { description: 'At most 4 KiB as JSON.' })
  value!: unknown

  @Field(() => Int, { nullable: true, description: 'Seconds. 0 expires at once.' })
  expiresIn?: number | null
}

@InputType('RemoveSessionValueInput', { description: 'The value to remove.' })
export class RemoveSessionValueInput {
  @Field(() => String, { description: 'Its key.' })
  key!: string
}
