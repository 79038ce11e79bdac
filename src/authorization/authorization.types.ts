import { Field, ObjectType, registerEnumType } from 'type-graphql'
import { ErrorCode } from '../graphql/error-code.types.ts'
import { Permission, type PermissionName } from './permissions.ts'

const describe = (description: string) => ({ description })

registerEnumType(Permission, {
  name: 'Permission',
  description: 'Written resource:action in logs and documents; PROFILE_READ is profile:read.',
  valuesConfig: {
    PROFILE_READ: describe('Read the own profile.'),
    PROFILE_UPDATE: describe('Change the own profile.'),
    PROFILE_DELETE: describe('Remove the own account.'),
    PROFILE_READ_ANY: describe('Read every profile.'),
    PROFILE_UPDATE_ANY: describe('Change every profile.'),
    PROFILE_DELETE_ANY: describe('Remove every account.'),
    ACTIVITY_READ_OWN: describe('Read what happened to the own account.'),
    ACTIVITY_READ_ANY: describe('Read what happened to every account.'),
    USER_CREATE: describe('Make accounts.'),
    USER_READ: describe('List accounts and their sessions.'),
    USER_UPDATE: describe('Change accounts, their roles and sessions.'),
    USER_DELETE: describe('Remove accounts.'),
    ROLE_MANAGE: describe('Make, change and remove roles.'),
    TOKEN_INTROSPECT: describe('Ask whether an access token is good, with an API key.'),
  },
})

@ObjectType('AccessDecision', { description: 'Whether something is permitted, and why not.', simpleResolvers: true })
export class AccessDecision {
  @Field(() => Boolean, { description: 'Whether it is permitted.' })
  allowed!: boolean

  @Field(() => Permission, { description: 'The permission that was looked for.' })
  permission!: PermissionName

  @Field(() => ErrorCode, { nullable: true, description: 'Null where allowed.' })
  reason!: ErrorCode | null
}
