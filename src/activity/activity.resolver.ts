import { Arg, Args, Ctx, FieldResolver, Int, Query, Resolver, Root } from 'type-graphql'
import { PageArguments } from '../api/connection.types.ts'
import type { AppContext } from '../context.ts'
import type { Connection } from '../pagination/connection.ts'
import type { Activity } from './activity.entity.ts'
import { ActivityFilter } from './activity.inputs.ts'
import { ActivityConnection, ActivityType } from './activity.types.ts'

@Resolver(() => ActivityType)
export class ActivityResolver {
  @Query(() => ActivityConnection, {
    nullable: true,
    description: 'The activity of every account, newest first. Needs activity:read_any.',
  })
  async activities(
    @Args(() => PageArguments, { validate: false }) page: PageArguments,
    @Arg('filter', () => ActivityFilter, { nullable: true, description: 'Which entries.' })
    filter: ActivityFilter | null,
    @Ctx() { viewer, services }: AppContext,
  ): Promise<ActivityConnection> {
    return services.activity.list(viewer.required, page, filter ?? {})
  }

  @FieldResolver(() => String, {
    nullable: true,
    description:
      'Null where another account acted and the viewer lacks activity:read_any. An anonymous attempt is shown.',
  })
  ipAddress(@Root() activity: Activity, @Ctx() { viewer, services }: AppContext): string | null {
    return services.activity.canSeeAddresses(viewer.current, activity) ? activity.ipAddress : null
  }

  @FieldResolver(() => String, { nullable: true, description: 'At most 255 characters. Null as ipAddress is.' })
  userAgent(@Root() activity: Activity, @Ctx() { viewer, services }: AppContext): string | null {
    return services.activity.canSeeAddresses(viewer.current, activity) ? activity.userAgent : null
  }
}

@Resolver(() => ActivityConnection)
export class ActivityConnectionResolver {
  @FieldResolver(() => Int, { description: 'Counted only when asked for. May be 5 seconds old.' })
  async totalCount(@Root() connection: Connection<ActivityType>): Promise<number> {
    return connection.countTotal()
  }
}
