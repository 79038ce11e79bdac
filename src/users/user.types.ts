import { Field, ID, Int, ObjectType } from 'type-graphql'
import { PageInfoType, TOTAL_COUNT, TOTAL_COUNT_IS_EXACT } from '../graphql/connection.types.ts'
import { DateTimeScalar } from '../graphql/scalars.ts'

/** The only columns of an account that reach clients. Role, activities and sessions are field resolvers. */
@ObjectType('User', { description: 'An account.', simpleResolvers: true })
export class UserType {
  @Field(() => ID, { description: 'UUIDv7; never used again.' })
  id!: string

  @Field(() => String, { description: 'Unique whatever its case. Spelled as it was given.' })
  username!: string

  @Field(() => String, { description: 'Unique whatever its case. Spelled as it was given.' })
  email!: string

  @Field(() => String, { nullable: true, description: 'A name for people; null without one.' })
  displayName!: string | null

  @Field(() => Boolean, { description: 'A disabled account cannot sign in and has no sessions.' })
  isActive!: boolean

  @Field(() => DateTimeScalar, { description: 'When the account was opened.' })
  createdAt!: Date

  @Field(() => DateTimeScalar, { description: 'The last change of the account; signing in is none.' })
  updatedAt!: Date

  @Field(() => DateTimeScalar, { nullable: true, description: 'The last sign-in; null before the first.' })
  lastLoginAt!: Date | null
}

@ObjectType('UserEdge', { description: 'A user in a list.', simpleResolvers: true })
export class UserEdge {
  @Field(() => String, { description: 'Where the node stands in this list; opaque.' })
  cursor!: string

  @Field(() => UserType, { description: 'The user.' })
  node!: UserType
}

@ObjectType('UserConnection', { description: 'A page of users.', simpleResolvers: true })
export class UserConnection {
  @Field(() => [UserEdge], { description: 'The page with a cursor for each node.' })
  edges!: UserEdge[]

  @Field(() => [UserType], { description: 'The page, in list order.' })
  nodes!: UserType[]

  @Field(() => PageInfoType, { description: 'Where the page stands.' })
  pageInfo!: PageInfoType

  @Field(() => Int, TOTAL_COUNT)
  totalCount!: Promise<number>

  @Field(() => Boolean, TOTAL_COUNT_IS_EXACT)
  totalCountIsExact!: Promise<boolean>
}

@ObjectType('RegisterPayload', { description: 'The account that was opened.', simpleResolvers: true })
export class RegisterPayload {
  @Field(() => UserType, { description: 'The new account.' })
  user!: UserType
}

@ObjectType('UpdateProfilePayload', { description: 'The profile as it now is.', simpleResolvers: true })
export class UpdateProfilePayload {
  @Field(() => UserType, { description: 'The account after the change.' })
  user!: UserType
}

@ObjectType('CreateUserPayload', { description: 'The account that was made.', simpleResolvers: true })
export class CreateUserPayload {
  @Field(() => UserType, { description: 'The new account.' })
  user!: UserType
}

@ObjectType('UpdateUserPayload', { description: 'The account as it now is.', simpleResolvers: true })
export class UpdateUserPayload {
  @Field(() => UserType, { description: 'The account after the change.' })
  user!: UserType
}

@ObjectType('DeleteUserPayload', { description: 'The account that is gone.', simpleResolvers: true })
export class DeleteUserPayload {
  @Field(() => ID, { description: 'Its id, which its activity keeps.' })
  userId!: string
}
