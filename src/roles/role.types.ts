import { Field, Int, ObjectType } from 'type-graphql'
import { Permission, type PermissionName } from '../authorization/permissions.ts'

/** `userCount` is a field resolver. */
@ObjectType('Role', { description: 'A role and what it permits.', simpleResolvers: true })
export class RoleType {
  @Field(() => String, { description: "Unique name: 'user', 'admin'." })
  name!: string

  @Field(() => String, { nullable: true, description: 'What the role is for.' })
  description!: string | null

  @Field(() => [Permission], { description: 'Everything that it permits.' })
  permissions!: readonly PermissionName[]

  @Field(() => Boolean, { description: "True of 'user' and 'admin', which cannot be changed." })
  isBuiltIn!: boolean
}

@ObjectType('RolePayload', { description: 'The role as it now is.', simpleResolvers: true })
export class RolePayload {
  @Field(() => RoleType, { description: 'The role after the change.' })
  role!: RoleType
}

@ObjectType('DeleteRolePayload', { description: 'The role that is gone.', simpleResolvers: true })
export class DeleteRolePayload {
  @Field(() => String, { description: 'Its name.' })
  name!: string

  @Field(() => Int, { description: 'How many accounts have the role of moveTo instead.' })
  movedUsers!: number
}
