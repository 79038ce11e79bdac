import { Arg, Args, Ctx, Directive, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql'
import type { AppContext } from '../context.ts'
import type { FieldFault } from '../errors.ts'
import { CHECKED_BY_SERVICE, PageArguments } from '../graphql/connection.types.ts'
import { validateInput } from '../graphql/validate-input.ts'
import { RoleType } from '../roles/role.types.ts'
import {
  CreateUserInput,
  DeleteUserInput,
  UpdateProfileInput,
  UpdateUserInput,
  UserFilter,
  UserOrder,
} from './user.inputs.ts'
import {
  CreateUserPayload,
  DeleteUserPayload,
  UpdateProfilePayload,
  UpdateUserPayload,
  UserConnection,
  UserType,
} from './user.types.ts'

/** Nobody could be invited to set one. */
function passwordFaults({ password }: CreateUserInput, isMailOn: boolean): FieldFault[] {
  if (isMailOn || (password !== undefined && password !== null)) return []
  return [{ path: 'input.password', code: 'REQUIRED', message: 'Give a password: mail is not set up here.' }]
}

const NEWEST_FIRST = { key: 'createdAt', direction: 'desc' } as const

@Resolver(() => UserType)
export class UserResolver {
  @Query(() => UserType, {
    nullable: true,
    description:
      'The signed-in user. UNAUTHENTICATED without one. Root fields are nullable, so that one failing field never hides what its neighbours answered.',
  })
  me(@Ctx() { viewer }: AppContext): UserType {
    return viewer.required.user
  }

  @Query(() => UserType, {
    nullable: true,
    description:
      "One user. Own id: profile:read. Another's: profile:read_any. An unknown id is null for a viewer who may read any profile, FORBIDDEN for one who may not, so ids cannot be probed.",
  })
  async user(
    @Arg('id', () => ID, { description: 'The user.' }) id: string,
    @Ctx() { viewer, services }: AppContext,
  ): Promise<UserType | null> {
    return services.users.find(viewer.required, id)
  }

  @Query(() => UserConnection, {
    nullable: true,
    description: 'All users, newest first unless ordered otherwise. Needs user:read.',
  })
  async users(
    @Args(() => PageArguments, CHECKED_BY_SERVICE) page: PageArguments,
    @Arg('filter', () => UserFilter, { nullable: true, description: 'Which users.' }) filter: UserFilter | null,
    @Arg('orderBy', () => UserOrder, { nullable: true, description: 'Newest first where left out.' })
    orderBy: UserOrder | null,
    @Ctx() { viewer, services }: AppContext,
  ): Promise<UserConnection> {
    const sorting = orderBy ? { key: orderBy.field, direction: orderBy.direction } : NEWEST_FIRST
    return services.users.list(viewer.required, page, filter ?? {}, sorting)
  }

  @Directive('@rateLimit(limit: 60, duration: 60)')
  @Mutation(() => UpdateProfilePayload, {
    nullable: true,
    description: "Own profile: profile:update. Another's (userId): profile:update_any.",
  })
  async updateProfile(
    @Arg('input', () => UpdateProfileInput, { description: 'What to change.' }) input: UpdateProfileInput,
    @Ctx() { viewer, services }: AppContext,
  ): Promise<UpdateProfilePayload> {
    const { username, displayName } = input
    const userId = input.userId ?? viewer.required.user.id
    return { user: await services.users.updateProfile(viewer.required, userId, { username, displayName }) }
  }

  @Mutation(() => CreateUserPayload, {
    nullable: true,
    description: 'Needs user:create. Without a password the account is invited by mail to set one.',
  })
  async createUser(
    @Arg('input', () => CreateUserInput, { description: 'The account to make.', ...CHECKED_BY_SERVICE })
    input: CreateUserInput,
    @Ctx() { viewer, services }: AppContext,
  ): Promise<CreateUserPayload> {
    const faults = [...passwordFaults(input, services.mail.isOn), ...(await services.roles.faultsOf(input.role))]
    validateInput(input, () => 'input', faults)
    const { username, email, password = null, displayName, isActive } = input
    const account = { username, email, password, displayName, isActive, role: input.role }
    return { user: await services.users.createByAdministrator(viewer.required, account) }
  }

  @Mutation(() => UpdateUserPayload, {
    nullable: true,
    description: 'Needs user:update. A change of role, or isActive false, acts on the very next request of that user.',
  })
  async updateUser(
    @Arg('input', () => UpdateUserInput, { description: 'What to change.', ...CHECKED_BY_SERVICE })
    input: UpdateUserInput,
    @Ctx() { viewer, services, sessionEnds }: AppContext,
  ): Promise<UpdateUserPayload> {
    validateInput(input, () => 'input', await services.roles.faultsOf(input.role))
    const { userId, username, email, displayName, isActive } = input
    const details = { username, email, displayName, isActive, role: input.role }
    const user = await services.users.update(viewer.required, userId, details)
    if (!user.isActive) sessionEnds.ofUser(userId)
    return { user }
  }

  @Mutation(() => DeleteUserPayload, {
    nullable: true,
    description:
      'Removes the account, its sessions and credentials; activity entries stay and keep its id. Needs user:delete.',
  })
  async deleteUser(
    @Arg('input', () => DeleteUserInput, { description: 'The account to remove.' }) { userId }: DeleteUserInput,
    @Ctx() { viewer, services, sessionEnds }: AppContext,
  ): Promise<DeleteUserPayload> {
    await services.users.deleteByAdministrator(viewer.required, userId)
    sessionEnds.ofUser(userId)
    return { userId }
  }

  @FieldResolver(() => RoleType, { description: 'What the account may do.' })
  role(@Root() user: UserType & { role: string }, @Ctx() { loaders }: AppContext): Promise<RoleType> {
    return loaders.roleByName.load(user.role)
  }
}
