import { EntityRepository } from '@mikro-orm/mysql'
import type { Expression, ExpressionBuilder, SqlBool } from 'kysely'
import { isId } from '../database/ids.ts'
import { pageOf } from '../database/keyset.ts'
import type { StoredRow } from '../database/rows.ts'
import type { Page } from '../pagination/page.ts'
import type { ActionName } from './actions.ts'
import type { Activity } from './activity.entity.ts'
import { ACTIVITY_COLUMNS, type ActivityRow, type ActivityTables, toActivityRow } from './activity.row.ts'

export interface ActivityCriteria {
  userId?: string | null
  actorId?: string | null
  actions?: readonly ActionName[] | null
  /** Inclusive. */
  from?: Date | null
  /** Exclusive. */
  to?: Date | null
}

/** Placeholder for the account id in a statement that is compiled once for several accounts. */
const EACH_USER = 'each user'

/** Activity rows are only added. Clearing addresses and `prune` are the exceptions. */
export class ActivityRepository extends EntityRepository<Activity> {
  async findPage(criteria: ActivityCriteria, page: Page): Promise<ActivityRow[]> {
    if (matchesNothing(criteria)) return []
    return (await this.#page(criteria, page).execute()).map(toActivityRow)
  }

  /**
   * The same page for each of several accounts in one statement: a union of one short, indexed query for each. Returns
   * the rows by account.
   *
   * The SQL of one compiled page is repeated: for 20 accounts 0.3 ms, where 20 builders with unionAll take 0.8 ms.
   */
  async findPagePerUser(
    userIds: readonly string[],
    criteria: ActivityCriteria,
    page: Page,
  ): Promise<Map<string, ActivityRow[]>> {
    const found = new Map<string, ActivityRow[]>(userIds.map((id) => [id, []]))
    if (userIds.length === 0 || matchesNothing(criteria)) return found
    const { sql, parameters } = this.#page({ ...criteria, userId: EACH_USER }, page).compile()
    // Derived tables, because SQLite refuses ORDER BY in the parts of a union.
    const text = userIds.map(() => `select * from (${sql}) as page`).join(' union all ')
    const values = userIds.flatMap((id) => parameters.map((value) => (value === EACH_USER ? id : value)))
    const rows = await this.em.execute<StoredRow<ActivityRow>[]>(text, values)
    for (const row of rows) found.get(row.userId ?? '')?.push(toActivityRow(row))
    return found
  }

  async countRows(criteria: ActivityCriteria): Promise<number> {
    if (matchesNothing(criteria)) return 0
    const { total } = await this.#table()
      .select((eb) => eb.fn.countAll().as('total'))
      .where(whereOf(criteria))
      .executeTakeFirstOrThrow()
    return Number(total)
  }

  async countRowsPerUser(userIds: readonly string[], criteria: ActivityCriteria): Promise<Map<string, number>> {
    if (userIds.length === 0 || matchesNothing(criteria)) return new Map()
    const counts = await this.#table()
      .select((eb) => ['user_id', eb.fn.countAll().as('total')])
      .where(whereOf(criteria))
      .where('user_id', 'in', userIds)
      .groupBy('user_id')
      .execute()
    return new Map(counts.map(({ user_id, total }) => [user_id ?? '', Number(total)]))
  }

  /** Clears the addresses of what the account did, and of anonymous attempts on it. */
  async clearAddresses(userId: string): Promise<void> {
    const nowhere = { ipAddress: null, userAgent: null }
    await this.nativeUpdate({ actorId: userId }, nowhere)
    await this.nativeUpdate({ userId, actorId: null }, nowhere)
  }

  /** Removes at most `limit` rows from before a moment and returns how many. */
  async deleteBefore(moment: Date, limit: number): Promise<number> {
    const old = await this.#table()
      .select('id')
      .where('timestamp', '<', moment)
      .orderBy('timestamp')
      .limit(limit)
      .execute()
    return old.length === 0 ? 0 : this.nativeDelete({ id: { $in: old.map(({ id }) => id) } })
  }

  #page(criteria: ActivityCriteria, page: Page) {
    const list = this.#table().select(ACTIVITY_COLUMNS).where(whereOf(criteria))
    return pageOf(list, { column: 'timestamp', direction: 'desc' }, page)
  }

  /** A new query each time: one from before a transaction would run outside of it. */
  #table() {
    return this.em.getKysely<ActivityTables>().selectFrom('activities')
  }
}

function whereOf({ userId, actorId, actions, from, to }: ActivityCriteria) {
  return (eb: ExpressionBuilder<ActivityTables, 'activities'>): Expression<SqlBool> => {
    const all: Expression<SqlBool>[] = []
    if (userId) all.push(eb('user_id', '=', userId))
    if (actorId) all.push(eb('actor_id', '=', actorId))
    // Without duplicates: a filter may repeat actions, and databases limit the number of bound values.
    if (actions) all.push(eb('action', 'in', [...new Set(actions)]))
    if (from) all.push(eb('timestamp', '>=', storable(from)))
    if (to) all.push(eb('timestamp', '<', storable(to)))
    return eb.and(all)
  }
}

/** MySQL compares dates outside of the years 1000 to 9999 as NULL; 9999-12-31T23:59:59-12:00 is one in UTC. */
function storable(moment: Date): Date {
  return new Date(Math.min(Math.max(moment.getTime(), EARLIEST), LATEST))
}

const EARLIEST = Date.UTC(1000, 0, 1)
const LATEST = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

function matchesNothing({ userId, actorId, actions }: ActivityCriteria): boolean {
  const isUnknown = (id: string | null | undefined) => typeof id === 'string' && !isId(id)
  return actions?.length === 0 || isUnknown(userId) || isUnknown(actorId)
}
