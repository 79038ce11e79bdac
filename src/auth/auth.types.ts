import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql'
import { DateTimeScalar } from '../graphql/scalars.ts'
import { SessionType } from '../sessions/session.types.ts'
import { UserType } from '../users/user.types.ts'

export enum TokenTransport {
  BODY = 'BODY',
  COOKIE = 'COOKIE',
}

registerEnumType(TokenTransport, {
  name: 'TokenTransport',
  description: 'How the refresh token of a session travels.',
  valuesConfig: {
    BODY: { description: 'Refresh token in the answer: mobile, command line, servers.' },
    COOKIE: { description: 'Refresh token in an HttpOnly cookie: browsers.' },
  },
})

@ObjectType('AuthPayload', { description: 'A pair of tokens, and whom and what they are for.', simpleResolvers: true })
export class AuthPayload {
  @Field(() => String, { description: "A JWT (RFC 9068); send it as 'Authorization: Bearer'." })
  accessToken!: string

  @Field(() => DateTimeScalar, { description: 'When the access token ends; never after its session.' })
  accessTokenExpiresAt!: Date

  @Field(() => Int, { description: 'Seconds from now, for clients whose clock is off.' })
  accessTokenExpiresIn!: number

  @Field(() => String, { nullable: true, description: 'Null with transport COOKIE: then it is an HttpOnly cookie.' })
  refreshToken!: string | null

  @Field(() => String, {
    nullable: true,
    description:
      'With transport COOKIE: send it back as x-csrf-token with refresh and logout. The same for the whole session.',
  })
  csrfToken!: string | null

  @Field(() => SessionType, { description: 'The session of the tokens.' })
  session!: SessionType

  @Field(() => UserType, { description: 'Who is signed in.' })
  user!: UserType
}

@ObjectType('LogoutPayload', { description: 'The session that has ended.', simpleResolvers: true })
export class LogoutPayload {
  @Field(() => ID, { description: 'Its id.' })
  sessionId!: string
}

@ObjectType('ReauthenticatePayload', { description: 'The session, fresh again.', simpleResolvers: true })
export class ReauthenticatePayload {
  @Field(() => SessionType, { description: 'The current session.' })
  session!: SessionType
}

@ObjectType('ChangeEmailPayload', { description: 'The account as it now is.', simpleResolvers: true })
export class ChangeEmailPayload {
  @Field(() => UserType, { description: 'The account after the change.' })
  user!: UserType
}

@ObjectType('ChangePasswordPayload', { description: 'The account, and what else ended.', simpleResolvers: true })
export class ChangePasswordPayload {
  @Field(() => UserType, { description: 'The account after the change.' })
  user!: UserType

  @Field(() => Int, { description: 'How many other sessions ended.' })
  revokedSessions!: number
}

@ObjectType('DeleteProfilePayload', { description: 'The account that is gone.', simpleResolvers: true })
export class DeleteProfilePayload {
  @Field(() => ID, { description: 'Its id, which its activity keeps.' })
  userId!: string
}
