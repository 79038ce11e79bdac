import { Field, ID, InputType } from 'type-graphql'
import { Permission, type PermissionName } from '../authorization/permissions.ts'
import { IsPlainText } from '../graphql/field-rules.ts'
import { DateTimeScalar } from '../graphql/scalars.ts'

@InputType('CreateApiKeyInput', { description: 'A new key.' })
export class CreateApiKeyInput {
  @Field(() => String, { description: '1 to 64 characters.' })
  @IsPlainText({ min: 1, max: 64 })
  name!: string

  @Field(() => [Permission], { description: 'At least one; nothing that the owner may not do.' })
  permissions!: PermissionName[]

  @Field(() => DateTimeScalar, { nullable: true, description: 'At most 366 days ahead; 90 days where left out.' })
  expiresAt?: Date | null
}

@InputType('RevokeApiKeyInput', { description: 'The key to end.' })
export class RevokeApiKeyInput {
  @Field(() => ID, { description: 'The key.' })
  apiKeyId!: string
}
