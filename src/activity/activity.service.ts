import type { Logger } from 'pino'
import type { AuthorizationService } from '../authorization/authorization.service.ts'
import { Permission } from '../authorization/permissions.ts'
import type { Viewer } from '../authorization/viewer.ts'
import type { Clock } from '../clock.ts'
import { isRetryable, isUnavailable } from '../database/faults.ts'
import { newId } from '../database/ids.ts'
import { ForbiddenError, ServiceUnavailableError } from '../errors.ts'
import { Connection } from '../pagination/connection.ts'
import type { CursorCodec } from '../pagination/cursor.ts'
import { type Page, type PageArgs, readPage } from '../pagination/page.ts'
import type { ActionName } from './actions.ts'
import type { Activity } from './activity.entity.ts'
import type { ActivityCriteria, ActivityRepository } from './activity.repository.ts'
import type { ActivityRow } from './activity.row.ts'

/** What happened, to whom, by whom. */
export interface Occurrence {
  action: ActionName
  /** The account that it is about; null for an attempt on an unknown one. */
  userId: string | null
  /** Who did it; null for an anonymous attempt. */
  actorId: string | null
  /** Never a username, display name or e-mail address. */
  details?: string
}

/** Where a request came from, as it is recorded. */
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
  isRequired: boolean
  onWriteFault: () => void
  /** Counts of the same criteria may be shared for a few seconds. */
  cachedCount: (key: string, count: () => Promise<number>) => Promise<number>
}

export class ActivityService {
  constructor(private readonly deps: ActivityDependencies) {}

  /**
   * Writes what happened, in the transaction of what it tells of. A row that cannot be written never fails its
   * operation: a failed statement leaves the transaction standing, so its fault is logged and counted.
   *
   * @throws the fault where it ended the transaction (deadlock, lost connection), and with AUDIT_REQUIRED any fault
   */
  async record(...occurrences: Occurrence[]): Promise<void> {
    if (occurrences.length === 0) return
    try {
      await this.deps.activities.insertMany(occurrences.map((occurrence) => this.#toRow(occurrence)))
    } catch (error) {
      if (isRetryable(error) || isUnavailable(error)) throw error
      this.deps.onWriteFault()
      this.deps.log.error({ err: error, actions: occurrences.map(({ action }) => action) }, 'Activity not written')
      if (this.deps.isRequired) throw new ServiceUnavailableError({ cause: error })
    }
  }

  /** The activity of every account, newest first. */
  async list(viewer: Viewer, args: PageArgs, criteria: ActivityCriteria): Promise<Connection<ActivityRow>> {
    if (!this.deps.authorization.hasPermission(viewer, Permission.ACTIVITY_READ_ANY)) throw new ForbiddenError()
    const page = readPage(args, this.deps.cursors, ALL_ACTIVITIES)
    const found = await this.deps.activities.findPage(criteria, page)
    const key = JSON.stringify(['activities', criteria])
    const countTotal = () => this.deps.cachedCount(key, () => this.deps.activities.countRows(criteria))
    return new Connection(found, page, this.#list(ALL_ACTIVITIES), countTotal)
  }

  /**
   * The same page of the activity of several accounts, in their order. Whether the viewer may read them is the
   * caller's question; addresses that the viewer may not see are null. A criterion on another account than the list's
   * gives an empty list.
   */
  async listByUsers(
    viewer: Viewer,
    userIds: readonly string[],
    args: PageArgs,
    criteria: ActivityCriteria,
    countTotal: (userId: string) => Promise<number>,
  ): Promise<(Connection<ActivityRow> | Error)[]> {
    const pages = userIds.map((userId) => attempt(() => readPage(args, this.deps.cursors, activitiesOf(userId))))
    const isAsked = (userId: string, index: number) =>
      pages[index] instanceof Error === false && concerns(criteria, userId)
    const asked = userIds.filter(isAsked)
    // Cursors are bound to one account's list, so pages that are valid side by side are the same page.
    const page = pages.find((candidate): candidate is Page => !(candidate instanceof Error))
    const found = page
      ? await this.deps.activities.findPagePerUser(asked, criteria, page)
      : new Map<string, ActivityRow[]>()
    return pages.map((own, index) => {
      const userId = userIds[index] as string
      if (own instanceof Error) return own
      const rows = this.#seenBy(viewer, found.get(userId) ?? [])
      return new Connection(rows, own, this.#list(activitiesOf(userId)), () => countTotal(userId))
    })
  }

  async countByUsers(userIds: readonly string[], criteria: ActivityCriteria): Promise<number[]> {
    const asked = userIds.filter((userId) => concerns(criteria, userId))
    const counts = await this.deps.activities.countRowsPerUser(asked, criteria)
    return userIds.map((userId) => counts.get(userId) ?? 0)
  }

  /** Forgets from where a deleted account acted; in the transaction of its deletion. */
  async clearAddresses(userId: string): Promise<void> {
    await this.deps.activities.clearAddresses(userId)
  }

  /** Addresses are shown of one's own acts and of anonymous attempts; of others' with activity:read_any. */
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

  #toRow({ action, userId, actorId, details }: Occurrence): Activity {
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

/** Where an entry stands in every list of activity. */
export function positionOf({ timestamp, id }: Pick<ActivityRow, 'timestamp' | 'id'>) {
  return { key: timestamp, id }
}
