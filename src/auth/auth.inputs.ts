import { Field, ID, InputType } from 'type-graphql'
import { IsSecondFactor, SecondFactorInput } from '../second-factor/second-factor.inputs.ts'
import { IsEmailAddress } from '../users/identity.validators.ts'
import { TokenTransport } from './auth.types.ts'

@InputType('LoginInput', { description: 'Who signs in, and how the refresh token is to travel.' })
export class LoginInput {
  @Field(() => String, { description: 'A username or an e-mail address.' })
  identifier!: string

  @Field(() => String, { description: 'The password, unchanged.' })
  password!: string

  @Field(() => TokenTransport, { defaultValue: TokenTransport.BODY, description: 'Stays with the session.' })
  transport!: TokenTransport

  @Field(() => SecondFactorInput, { nullable: true, description: 'For accounts with a second factor.' })
  @IsSecondFactor()
  secondFactor?: SecondFactorInput | null
}

@InputType('ReauthenticateInput', { description: 'What a sign-in of the viewer would ask for.' })
export class ReauthenticateInput {
  @Field(() => String, { description: 'The password, unchanged.' })
  password!: string

  @Field(() => SecondFactorInput, { nullable: true, description: 'For accounts with a second factor.' })
  @IsSecondFactor()
  secondFactor?: SecondFactorInput | null
}

@InputType('RefreshInput', { description: 'The refresh token, where it does not come as a cookie.' })
export class RefreshInput {
  @Field(() => String, {
    nullable: true,
    description: 'Left out: the cookie is used; with neither: REFRESH_TOKEN_INVALID.',
  })
  refreshToken?: string | null
}

@InputType('ChangeEmailInput', { description: 'A new e-mail address for the viewer.' })
export class ChangeEmailInput {
  @Field(() => String, { description: 'An e-mail address in ASCII, at most 254 characters.' })
  @IsEmailAddress()
  email!: string

  @Field(() => String, { description: 'The password as it is now.' })
  currentPassword!: string
}

@InputType('ChangePasswordInput', { description: 'A new password for the viewer.' })
export class ChangePasswordInput {
  @Field(() => String, { description: 'The password as it is now.' })
  currentPassword!: string

  @Field(() => String, { description: '8 to 128 characters with a letter and a digit; 15 or more need neither.' })
  newPassword!: string
}

@InputType('DeleteProfileInput', { description: 'The account to remove.' })
export class DeleteProfileInput {
  @Field(() => ID, { nullable: true, description: 'Left out: the viewer.' })
  userId?: string | null

  @Field(() => String, { nullable: true, description: "Needed for one's own." })
  currentPassword?: string | null
}
