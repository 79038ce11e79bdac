import { Field, ID, InputType, registerEnumType } from 'type-graphql'
import { HasLength, OptionalNotNull } from '../graphql/field-rules.ts'
import { IsNewPassword } from '../passwords/password.validators.ts'
import { IsDisplayName, IsEmailAddress, IsUsername } from './identity.validators.ts'

const USERNAME = '3 to 64 of letters, digits, ".", "_", "-", starting and ending with a letter or digit.'
const EMAIL = 'An e-mail address in ASCII, at most 254 characters.'
const PASSWORD = '8 to 128 characters with a letter and a digit; 15 or more need neither. Not a common one.'
const DISPLAY_NAME = '1 to 100 characters; null or empty: none.'
const ROLE = "Name of a role, such as 'user' or 'admin'."

@InputType('RegisterInput', { description: 'A new account. Its role is always user.' })
export class RegisterInput {
  @Field(() => String, { description: USERNAME })
  @IsUsername()
  username!: string

  @Field(() => String, { description: EMAIL })
  @IsEmailAddress()
  email!: string

  @Field(() => String, { description: PASSWORD })
  @IsNewPassword()
  password!: string

  @Field(() => String, { nullable: true, description: DISPLAY_NAME })
  @IsDisplayName()
  displayName?: string | null
}

@InputType('UpdateProfileInput', { description: 'What is left out stays as it is.' })
export class UpdateProfileInput {
  @Field(() => ID, { nullable: true, description: 'Left out: the viewer.' })
  userId?: string | null

  @Field(() => String, { nullable: true, description: USERNAME })
  @OptionalNotNull()
  @IsUsername()
  username?: string

  @Field(() => String, { nullable: true, description: DISPLAY_NAME })
  @IsDisplayName()
  displayName?: string | null
}

@InputType('CreateUserInput', { description: 'A new account, made by an administrator.' })
export class CreateUserInput {
  @Field(() => String, { description: USERNAME })
  @IsUsername()
  username!: string

  @Field(() => String, { description: EMAIL })
  @IsEmailAddress()
  email!: string

  @Field(() => String, { nullable: true, description: 'Left out: the account is invited by mail to set one.' })
  @IsNewPassword()
  password?: string | null

  @Field(() => String, { nullable: true, description: DISPLAY_NAME })
  @IsDisplayName()
  displayName?: string | null

  @Field(() => String, { defaultValue: 'user', description: ROLE })
  role!: string

  @Field(() => Boolean, { defaultValue: true, description: 'Whether the account may sign in.' })
  isActive!: boolean
}

@InputType('UpdateUserInput', { description: 'What is left out stays as it is.' })
export class UpdateUserInput {
  @Field(() => ID, { description: 'The account.' })
  userId!: string

  @Field(() => String, { nullable: true, description: USERNAME })
  @OptionalNotNull()
  @IsUsername()
  username?: string

  @Field(() => String, { nullable: true, description: EMAIL })
  @OptionalNotNull()
  @IsEmailAddress()
  email?: string

  @Field(() => String, { nullable: true, description: DISPLAY_NAME })
  @IsDisplayName()
  displayName?: string | null

  @Field(() => String, { nullable: true, description: ROLE })
  @OptionalNotNull()
  role?: string

  @Field(() => Boolean, { nullable: true, description: 'false: ends every session of the account.' })
  @OptionalNotNull()
  isActive?: boolean
}

@InputType('DeleteUserInput', { description: 'The account to remove.' })
export class DeleteUserInput {
  @Field(() => ID, { description: 'The account.' })
  userId!: string
}

@InputType('UserFilter', { description: 'All that is given must hold.' })
export class UserFilter {
  @Field(() => String, {
    nullable: true,
    description: 'Start of a username or e-mail address, case-insensitive, taken literally.',
  })
  @HasLength({ max: 254 })
  search?: string | null

  @Field(() => String, { nullable: true, description: 'Name of a role.' })
  role?: string | null

  @Field(() => Boolean, { nullable: true, description: 'Whether the account may sign in.' })
  isActive?: boolean | null
}

export enum UserOrderField {
  CREATED_AT = 'createdAt',
  USERNAME = 'usernameKey',
  EMAIL = 'emailKey',
}

registerEnumType(UserOrderField, {
  name: 'UserOrderField',
  description: 'What users are ordered by. Names and addresses without regard to case.',
  valuesConfig: {
    CREATED_AT: { description: 'When the account was opened.' },
    USERNAME: { description: 'The username.' },
    EMAIL: { description: 'The e-mail address.' },
  },
})

export enum OrderDirection {
  ASC = 'asc',
  DESC = 'desc',
}

registerEnumType(OrderDirection, {
  name: 'OrderDirection',
  description: 'Which end comes first.',
  valuesConfig: { ASC: { description: 'The smallest first.' }, DESC: { description: 'The greatest first.' } },
})

@InputType('UserOrder', { description: 'The order of a list of users.' })
export class UserOrder {
  @Field(() => UserOrderField, { description: 'By what.' })
  field!: UserOrderField

  @Field(() => OrderDirection, { defaultValue: OrderDirection.ASC, description: 'Which end comes first.' })
  direction!: OrderDirection
}
