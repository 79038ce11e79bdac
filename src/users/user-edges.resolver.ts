import { Arg, Args, Ctx, FieldResolver, Resolver, Root } from 'type-graphql'
import { ActivityFilter } from '../activity/activity.inputs.ts'
import { ActivityConnection, ActivityType } from '../activity/activity.types.ts'
import { ApiKeyType } from '../api-keys/api-key.types.ts'
import { Permission, type PermissionName } from '../authorization/permissions.ts'
import type { Viewer } from '../authorization/viewer.ts'
import type { AppContext } from '../context.ts'
import type { Services } from '../feature.ts'
import { CHECKED_BY_SERVICE, PageArguments } from '../graphql/connection.types.ts'
import { DateTimeScalar } from '../graphql/scalars.ts'
import { SessionType } from '../sessions/session.types.ts'
import { UserType } from './user.types.ts'

/** What not everybody who sees an account may see of it: null for the others. */
@Resolver(() => UserType)
export class UserEdgesResolver {
  @FieldResolver(() => ActivityConnection, {
    nullable: true,
    description: "What happened to this account, newest first. Own: activity:read_own. Another's: activity:read_any.",
  })
  activities(
    @Root() { id }: UserType,
    @Args(() => PageArguments, CHECKED_BY_SERVICE) page: PageArguments,
    @Arg('filter', () => ActivityFilter, { nullable: true, description: 'Which entries.' })
    filter: ActivityFilter | null,
    @Ctx() { viewer, services, loaders }: AppContext,
  ): Promise<ActivityConnection | null> | null {
    const asker = viewer.current
    if (!asker || !services.authorization.canAccess(asker, id, Permission.ACTIVITY_READ_OWN)) return null
    return loaders.activitiesOfUser(asker, page, filter ?? {}).load(id)
  }

  @FieldResolver(() => [SessionType], {
    nullable: true,
    description: "The open sessions, most recently refreshed first. Own, or another's with user:read.",
  })
  sessions(
    @Root() { id }: UserType,
    @Ctx() { viewer, services, loaders }: AppContext,
  ): Promise<SessionType[] | null> | null {
    const asker = viewer.current
    return asker?.session && isSelfOrReader(id, asker, services) ? loaders.sessionsOfUser.load(id) : null
  }

  @FieldResolver(() => [ApiKeyType], {
    nullable: true,
    description: "Keys that are neither revoked nor expired, newest first. Own, or another's with user:read.",
  })
  apiKeys(
    @Root() { id }: UserType,
    @Ctx() { viewer, services, loaders }: AppContext,
  ): Promise<ApiKeyType[] | null> | null {
    const asker = viewer.current
    return asker?.session && isSelfOrReader(id, asker, services) ? loaders.apiKeysOfUser.load(id) : null
  }

  @FieldResolver(() => [Permission], {
    nullable: true,
    description:
      "What the account may do: the permissions of its role; under an API key, of the viewer's own account, those that the key has as well. Own, or another's with user:read.",
  })
  async permissions(
    @Root() { id, role }: UserType & { role: string },
    @Ctx() { viewer, services, loaders }: AppContext,
  ): Promise<readonly PermissionName[] | null> {
    const asker = viewer.current
    if (!asker || !isSelfOrReader(id, asker, services)) return null
    const ofViewer = services.authorization.permissionsOfViewer(asker)
    // The row is newer than the viewer where this mutation has changed it.
    if (id === asker.user.id && role === asker.user.role) return ofViewer
    return (await loaders.roleByName.load(role)).permissions
  }

  @FieldResolver(() => DateTimeScalar, {
    nullable: true,
    description: "When the present address was confirmed; null where it was not. Own, or another's with user:read.",
  })
  emailVerifiedAt(@Root() user: UserType & Address, @Ctx() { viewer, services }: AppContext): Date | null {
    return isSelfOrReader(user.id, viewer.current, services) ? user.emailVerifiedAt : null
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: "The address that waits for its confirmation. Own, or another's with user:read.",
  })
  pendingEmail(@Root() user: UserType & Address, @Ctx() { viewer, services }: AppContext): string | null {
    return isSelfOrReader(user.id, viewer.current, services) ? user.pendingEmail : null
  }
}

/** What the row of an account holds beside the fields of its type. */
type Address = { emailVerifiedAt: Date | null; pendingEmail: string | null }

function isSelfOrReader(id: string, asker: Viewer | null, { authorization }: Services): boolean {
  return asker !== null && (asker.user.id === id || authorization.hasPermission(asker, Permission.USER_READ))
}

/** The accounts that an entry names. Null for one that is gone, or that the viewer may not read. */
@Resolver(() => ActivityType)
export class ActivityEdgesResolver {
  @FieldResolver(() => UserType, { nullable: true, description: 'The account that the entry is about.' })
  user(@Root() { userId }: ActivityType, @Ctx() context: AppContext): Promise<UserType | null> | null {
    return loadReadable(userId, context)
  }

  @FieldResolver(() => UserType, { nullable: true, description: 'Who did it.' })
  actor(@Root() { actorId }: ActivityType, @Ctx() context: AppContext): Promise<UserType | null> | null {
    return loadReadable(actorId, context)
  }
}

function loadReadable(id: string | null, { viewer, services, loaders }: AppContext): Promise<UserType | null> | null {
  const asker = viewer.current
  if (id === null || !asker || !services.authorization.canAccess(asker, id, Permission.PROFILE_READ)) return null
  return loaders.userById.load(id)
}
