import { Field, InputType } from 'type-graphql'
import { IsEmailAddress } from '../users/identity.validators.ts'

@InputType('MailTokenInput', { description: 'The token of a mail.' })
export class MailTokenInput {
  @Field(() => String, { description: "What stands behind '#token=' in the mail's link." })
  token!: string
}

@InputType('RequestPasswordResetInput', { description: 'Whose password is lost.' })
export class RequestPasswordResetInput {
  @Field(() => String, { description: 'The e-mail address of the account.' })
  @IsEmailAddress()
  email!: string
}

@InputType('ResetPasswordInput', { description: 'A new password, by the token of a mail.' })
export class ResetPasswordInput {
  @Field(() => String, { description: "What stands behind '#token=' in the mail's link." })
  token!: string

  @Field(() => String, { description: '8 to 128 characters with a letter and a digit; 15 or more need neither.' })
  newPassword!: string
}
