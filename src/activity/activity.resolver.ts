import { Arg, Args, Ctx, FieldResolver, Int, Query, Resolver, Root } from 'type-graphql'
import type { AppContext } from '../context.ts'
import { CHECKED_BY_SERVICE, PageArguments } from '../graphql/connection.types.ts'
import type { Connection } from '../pagination/connection.ts'
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
    @Ctx() { viewer, services, asked, loaders }: AppContext,
  ): Promise<ActivityConnection> {
    const found = await services.activity.list(viewer.required, page, filter ?? {})
    const accounts = (['user', 'actor'] as const).filter((field) => asked.has(field))
    await loaders.userById.prefetch(
      found.nodes.flatMap((entry) => accounts.map((field) => entry[`${field}Id` as const])),
    )
    return found
  }
}

@Resolver(() => ActivityConnection)
export class ActivityConnectionResolver {
  @FieldResolver(() => Int, { description: 'Counted only when asked for. May be 5 seconds old.' })
  async totalCount(@Root() connection: Connection<ActivityType>): Promise<number> {
    return connection.countTotal()
  }
}
