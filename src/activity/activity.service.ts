import type { Logger } from 'pino'
import type { AuthorizationService } from '../authorization/authorization.service.ts'
import { Permission } from '../authorization/permissions.ts'
import type { Viewer } from '../authorization/viewer.ts'
import type { CacheService } from '../cache/cache.service.ts'
import type { Clock } from '../clock.ts'
import { isRetryable, isUnavailable } from '../database/faults.ts'
import { newId } from '../database/ids.ts'
import { ForbiddenError, ServiceUnavailableError } from '../errors.ts'
import type { Metrics } from '../metrics.ts'
import { Connection, TOTAL_COUNT_SECONDS } from '../pagination/connection.ts'
import type { CursorCodec } from '../pagination/cursor.ts'
import { type Page, type PageArgs, readPage } from '../pagination/page.ts'
import type { ActionName } from './actions.ts'
import type { Activity } from './activity.entity.ts'
import type { ActivityCriteria, ActivityRepository } from './activity.repository.ts'
import type { ActivityRow } from './activity.row.ts'

/** An event to record. */
export interface Occurrence {
  action: ActionName
  /** The account that it concerns; null for an attempt on an unknown one. */
  userId: string | null
  /** The account that acted; null for an anonymous attempt. */
  actorId: string | null
  /** The API key that it was done with: `actorOf`. */
  apiKeyId?: string | null
  /** Never a username, display name or e-mail address. */
  details?: string
}

/** Where a request came from, as recorded. */
export interface Origin {
  readonly ipAddress: string | null
  readonly userAgent: string | null
}

export interface ActivityDependencies {
  activities: ActivityRepository
  authorization: AuthorizationService
  origin: Origin
  clock: Clock
  cursors: CursorCodec
  log: Logger
  metrics: Pick<Metrics, 'activityWriteFailed'>
  totals: CacheService
  /** AUDIT_REQUIRED */
  isRequired: boolean
}

export class ActivityService {
  constructor(private readonly deps: ActivityDependencies) {}

  /**
   * Records events in the transaction of the operation that caused them. A failed statement leaves the transaction
   * usable, so its fault is logged and counted, and the operation goes on.
   *
   * @throws the fault when it ended the transaction (deadlock, lost connection); with AUDIT_REQUIRED
   *   ServiceUnavailableError for any other
   */
  async record(...occurrences: Occurrence[]): Promise<void> {
    if (occurrences.length === 0) return
    try {
      await this.deps.activities.insertMany(occurrences.map((occurrence) => this.#toRow(occurrence)))
    } catch (error) {
      if (isRetryable(error) || isUnavailable(error)) throw error
      this.deps.metrics.activityWriteFailed()
      this.deps.log.error({ err: error, actions: occurrences.map(({ action }) => action) }, 'Activity not written')
      if (this.deps.isRequired) throw new ServiceUnavailableError({ cause: error })
    }
  }

  /** Which of the accounts have an entry of this action from before a moment. */
  async findSubjects(action: ActionName, userIds: readonly string[], before: Date): Promise<ReadonlySet<string>> {
    return new Set(await this.deps.activities.findSubjects(action, userIds, before))
  }

  /** The activity of every account, newest first. */
  async list(viewer: Viewer, args: PageArgs, criteria: ActivityCriteria): Promise<Connection<ActivityRow>> {
    if (!this.deps.authorization.hasPermission(viewer, Permission.ACTIVITY_READ_ANY)) throw new ForbiddenError()
    const page = readPage(args, this.deps.cursors, ALL_ACTIVITIES)
    const found = await this.deps.activities.findPage(criteria, page)
    const key = JSON.stringify(['activities', criteria])
    const countRows = () =>
      this.deps.totals.cached(key, TOTAL_COUNT_SECONDS, () => this.deps.activities.countRows(criteria))
    return new Connection(found, page, this.#list(ALL_ACTIVITIES), countRows)
  }

  /**
   * The same page for each of several accounts, in their order. The caller checks whether the viewer may read them;
   * addresses that the viewer may not see are null. An account that the criteria exclude has an empty list.
   */
  async listByUsers(
    viewer: Viewer,
    userIds: readonly string[],
    args: PageArgs,
    criteria: ActivityCriteria,
    countRows: (userId: string) => Promise<number>,
  ): Promise<(Connection<ActivityRow> | Error)[]> {
    const pages = userIds.map((userId) => attempt(() => readPage(args, this.deps.cursors, activitiesOf(userId))))
    const isAsked = (userId: string, index: number) => !(pages[index] instanceof Error) && concerns(criteria, userId)
    const asked = userIds.filter(isAsked)
    // A cursor is valid for one account's list alone, so all valid pages are the same page.
    const page = pages.find((candidate): candidate is Page => !(candidate instanceof Error))
    const found = page
      ? await this.deps.activities.findPagePerUser(asked, criteria, page)
      : new Map<string, ActivityRow[]>()
    return pages.map((own, index) => {
      const userId = userIds[index] as string
      if (own instanceof Error) return own
      const rows = this.#seenBy(viewer, found.get(userId) ?? [])
      return new Connection(rows, own, this.#list(activitiesOf(userId)), () => countRows(userId))
    })
  }

  async countByUsers(userIds: readonly string[], criteria: ActivityCriteria): Promise<number[]> {
    const asked = userIds.filter((userId) => concerns(criteria, userId))
    const counts = await this.deps.activities.countRowsPerUser(asked, criteria)
    return userIds.map((userId) => counts.get(userId) ?? 0)
  }

  /** Addresses of other accounts' actions need activity:read_any; those of anonymous attempts are shown. */
  #seenBy(viewer: Viewer, activities: ActivityRow[]): ActivityRow[] {
    if (this.deps.authorization.hasPermission(viewer, Permission.ACTIVITY_READ_ANY)) return activities
    const isOpen = ({ actorId }: ActivityRow) => actorId === null || actorId === viewer.user.id
    return activities.map((activity) =>
      isOpen(activity) ? activity : { ...activity, ipAddress: null, userAgent: null },
    )
  }

  #list(name: string) {
    return { codec: this.deps.cursors, name, positionOf }
  }

  #toRow({ action, userId, actorId, apiKeyId, details }: Occurrence): Activity {
    const { ipAddress, userAgent } = this.deps.origin
    return {
      id: newId(),
      action,
      details: details ?? null,
      ipAddress,
      userAgent,
      timestamp: this.deps.clock(),
      userId,
      actorId,
      apiKeyId: apiKeyId ?? null,
    }
  }
}

const ALL_ACTIVITIES = 'activities'

function activitiesOf(userId: string): string {
  return `users/${userId}/activities`
}

function concerns({ userId: wanted }: ActivityCriteria, userId: string): boolean {
  return !wanted || wanted === userId
}

function attempt<T>(work: () => T): T | Error {
  try {
    return work()
  } catch (error) {
    return error as Error
  }
}

/** The position of an entry in every list of activity. */
export function positionOf({ timestamp, id }: Pick<ActivityRow, 'timestamp' | 'id'>) {
  return { key: timestamp, id }
}
