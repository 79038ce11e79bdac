import { Field, ObjectType } from 'type-graphql'
import { DateTimeScalar } from '../graphql/scalars.ts'
import { UserType } from '../users/user.types.ts'

@ObjectType('StartTotpPayload', { description: 'What the app needs, shown this once.', simpleResolvers: true })
export class StartTotpPayload {
  @Field(() => String, { description: 'Base32.' })
  secret!: string

  @Field(() => String, { description: 'otpauth://totp/…, for a QR code.' })
  uri!: string

  @Field(() => DateTimeScalar, { description: 'Until when confirmTotp takes a code of it.' })
  expiresAt!: Date
}

@ObjectType('RecoveryCodesPayload', { description: 'New recovery codes.', simpleResolvers: true })
export class RecoveryCodesPayload {
  @Field(() => [String], { description: 'Ten codes, shown this once.' })
  recoveryCodes!: string[]

  @Field(() => UserType, { description: 'The account after the change.' })
  user!: UserType
}

@ObjectType('RemoveTotpPayload', { description: 'The account without a second factor.', simpleResolvers: true })
export class RemoveTotpPayload {
  @Field(() => UserType, { description: 'The account after the change.' })
  user!: UserType
}

@ObjectType('ResetSecondFactorPayload', { description: 'The account without a second factor.', simpleResolvers: true })
export class ResetSecondFactorPayload {
  @Field(() => UserType, { description: 'The account after the change.' })
  user!: UserType
}
