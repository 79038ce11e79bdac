import { Field, Int, ObjectType } from 'type-graphql'

@ObjectType('RequestMailPayload', { description: 'A mail was asked for.', simpleResolvers: true })
export class RequestMailPayload {
  @Field(() => Boolean, { description: 'Always true: says nothing about who has an account.' })
  accepted!: boolean
}

@ObjectType('VerifyEmailPayload', { description: 'An address is confirmed.', simpleResolvers: true })
export class VerifyEmailPayload {
  @Field(() => String, { description: 'The address that was confirmed.' })
  email!: string
}

@ObjectType('RevertEmailChangePayload', { description: 'A change is taken back.', simpleResolvers: true })
export class RevertEmailChangePayload {
  @Field(() => String, { description: 'The address that is back.' })
  email!: string
}

@ObjectType('ResetPasswordPayload', { description: 'The password is set.', simpleResolvers: true })
export class ResetPasswordPayload {
  @Field(() => Int, { description: 'How many sessions ended.' })
  revokedSessions!: number
}
