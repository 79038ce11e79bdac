import DataLoader from 'dataloader'
import type { Viewer } from '../authorization/viewer.ts'
import type { Connection } from '../pagination/connection.ts'
import type { PageArgs } from '../pagination/page.ts'
import type { ActivityCriteria } from './activity.repository.ts'
import type { ActivityRow } from './activity.row.ts'
import type { ActivityService } from './activity.service.ts'

type ActivitiesOfUser = DataLoader<string, Connection<ActivityRow>>

/** Aliases of several pages of 100 accounts add up in one batch, and SQLite limits a union to 500 parts. */
const PER_STATEMENT = { maxBatchSize: 100 }

/**
 * Pages of activity by account, as the viewer may see them. One loader for each combination of arguments, so that all
 * accounts of a list share one statement for their pages and one for their counts.
 */
export function createActivityLoaders(activity: ActivityService) {
  const loaders = new Map<string, ActivitiesOfUser>()
  return (viewer: Viewer, page: PageArgs, criteria: ActivityCriteria): ActivitiesOfUser => {
    const key = JSON.stringify([viewer.user.id, page, criteria])
    const known = loaders.get(key)
    if (known) return known
    const counts = new DataLoader<string, number>((userIds) => activity.countByUsers(userIds, criteria), PER_STATEMENT)
    const created: ActivitiesOfUser = new DataLoader(
      (userIds) => activity.listByUsers(viewer, userIds, page, criteria, (userId) => counts.load(userId)),
      PER_STATEMENT,
    )
    loaders.set(key, created)
    return created
  }
}
