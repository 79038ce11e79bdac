import { Arg, Ctx, FieldResolver, Int, Mutation, Query, Resolver, Root } from 'type-graphql'
import { Permission } from '../authorization/permissions.ts'
import type { AppContext } from '../context.ts'
import { CreateRoleInput, DeleteRoleInput, UpdateRoleInput } from './role.inputs.ts'
import { DeleteRolePayload, RolePayload, RoleType } from './role.types.ts'

@Resolver(() => RoleType)
export class RoleResolver {
  @Query(() => [RoleType], {
    nullable: true,
    description: 'The roles that exist and what each permits, built-in ones first, then by name. Any signed-in user.',
  })
  roles(@Ctx() { services }: AppContext): Promise<RoleType[]> {
    return services.roles.list()
  }

  @Mutation(() => RolePayload, {
    nullable: true,
    description: 'A new role. Nobody can give it what they may not do themselves. Needs role:manage.',
  })
  async createRole(
    @Arg('input', () => CreateRoleInput, { description: 'The role to make.' }) input: CreateRoleInput,
    @Ctx() { viewer, services }: AppContext,
  ): Promise<RolePayload> {
    const { name, description, permissions } = input
    return { role: await services.roles.create(viewer.requiredSession, name, { description, permissions }) }
  }

  @Mutation(() => RolePayload, {
    nullable: true,
    description: 'Needs role:manage. Acts on the next request of all who have the role.',
  })
  async updateRole(
    @Arg('input', () => UpdateRoleInput, { description: 'What to change.' }) input: UpdateRoleInput,
    @Ctx() { viewer, services }: AppContext,
  ): Promise<RolePayload> {
    const { name, description, permissions } = input
    return { role: await services.roles.update(viewer.requiredSession, name, { description, permissions }) }
  }

  @Mutation(() => DeleteRolePayload, {
    nullable: true,
    description: 'Needs role:manage. Accounts that have the role get the one of moveTo.',
  })
  async deleteRole(
    @Arg('input', () => DeleteRoleInput, { description: 'The role to remove.' }) { name, moveTo }: DeleteRoleInput,
    @Ctx() { viewer, services }: AppContext,
  ): Promise<DeleteRolePayload> {
    return { name, movedUsers: await services.roles.delete(viewer.requiredSession, name, moveTo ?? null) }
  }

  @FieldResolver(() => Int, { nullable: true, description: 'How many accounts have it; null without user:read.' })
  userCount(@Root() { name }: RoleType, @Ctx() context: AppContext): Promise<number> | null {
    const { viewer, services, loaders } = context
    const asker = viewer.current
    const isReader = asker !== null && services.authorization.hasPermission(asker, Permission.USER_READ)
    return isReader ? loaders.userCountOfRole.load(name) : null
  }
}
