import { Arg, Args, Ctx, Query, Resolver } from 'type-graphql'
import type { AppContext } from '../context.ts'
import { CHECKED_BY_SERVICE, PageArguments } from '../graphql/connection.types.ts'
import { ActivityFilter } from './activity.inputs.ts'
import { ActivityConnection, ActivityType } from './activity.types.ts'

@Resolver(() => ActivityType)
export class ActivityResolver {
  @Query(() => ActivityConnection, {
    nullable: true,
    description: 'The activity of every account, newest first. Needs activity:read_any.',
  })
  async activities(
    @Args(() => PageArguments, CHECKED_BY_SERVICE) page: PageArguments,
    @Arg('filter', () => ActivityFilter, { nullable: true, description: 'Which entries.' })
    filter: ActivityFilter | null,
    @Ctx() { viewer, services }: AppContext,
  ): Promise<ActivityConnection> {
    return services.activity.list(viewer.required, page, filter ?? {})
  }
}
