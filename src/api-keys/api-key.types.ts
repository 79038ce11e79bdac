import { Field, ID, ObjectType } from 'type-graphql'
import { Permission, type PermissionName } from '../authorization/permissions.ts'
import { DateTimeScalar } from '../graphql/scalars.ts'

@ObjectType('ApiKey', {
  description: 'A key for a program. Its secret is shown when it is made, and never again.',
  simpleResolvers: true,
})
export class ApiKeyType {
  @Field(() => ID, { description: 'UUIDv7.' })
  id!: string

  @Field(() => String, { description: 'What its owner calls it.' })
  name!: string

  @Field(() => String, { description: 'The last four characters of the secret.' })
  hint!: string

  @Field(() => [Permission], { description: 'Sorted as the enum is.' })
  permissions!: readonly PermissionName[]

  @Field(() => DateTimeScalar, { description: 'When it was made.' })
  createdAt!: Date

  @Field(() => DateTimeScalar, { description: 'When it ends.' })
  expiresAt!: Date

  @Field(() => DateTimeScalar, { nullable: true, description: 'A minute old at most.' })
  lastUsedAt!: Date | null
}

@ObjectType('CreateApiKeyPayload', { description: 'The key, and its secret, shown this once.', simpleResolvers: true })
export class CreateApiKeyPayload {
  @Field(() => ApiKeyType, { description: 'The new key.' })
  apiKey!: ApiKeyType

  @Field(() => String, { description: "Send it as 'Authorization: Bearer'." })
  secret!: string
}

@ObjectType('RevokeApiKeyPayload', { description: 'The key that is ended.', simpleResolvers: true })
export class RevokeApiKeyPayload {
  @Field(() => ID, { description: 'Its id.' })
  apiKeyId!: string
}
