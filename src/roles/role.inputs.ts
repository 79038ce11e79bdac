import { Field, InputType } from 'type-graphql'
import { Permission, type PermissionName } from '../authorization/permissions.ts'
import { FollowsRules, IsPlainText, OptionalNotNull } from '../graphql/field-rules.ts'
import { checkRoleName, ROLE_NAME_RULES } from './role.rules.ts'

const NAME = "2 to 32 of a-z, 0-9, '-', '_', a letter first."
const DESCRIPTION = 'At most 200 characters.'
const DESCRIPTION_LENGTH = { max: 200 }

function IsRoleName(): PropertyDecorator {
  return FollowsRules('isRoleName', ROLE_NAME_RULES, checkRoleName)
}

@InputType('CreateRoleInput', { description: 'A new role.' })
export class CreateRoleInput {
  @Field(() => String, { description: NAME })
  @IsRoleName()
  name!: string

  @Field(() => String, { nullable: true, description: DESCRIPTION })
  @IsPlainText(DESCRIPTION_LENGTH)
  description?: string | null

  @Field(() => [Permission], { description: 'What it permits; nothing that the viewer may not do.' })
  permissions!: PermissionName[]
}

@InputType('UpdateRoleInput', { description: 'What is left out stays as it is.' })
export class UpdateRoleInput {
  @Field(() => String, { description: 'The role.' })
  @IsRoleName()
  name!: string

  @Field(() => String, { nullable: true, description: `${DESCRIPTION} Null or empty: none.` })
  @IsPlainText(DESCRIPTION_LENGTH)
  description?: string | null

  @Field(() => [Permission], { nullable: true, description: 'All that it permits then.' })
  @OptionalNotNull()
  permissions?: PermissionName[]
}

@InputType('DeleteRoleInput', { description: 'The role to remove.' })
export class DeleteRoleInput {
  @Field(() => String, { description: 'The role.' })
  @IsRoleName()
  name!: string

  @Field(() => String, { nullable: true, description: 'Needed where accounts have the role.' })
  moveTo?: string | null
}
