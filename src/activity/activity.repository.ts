import { AskedFields } from '../database/asked-fields.ts'
import { Conditions } from '../database/conditions.ts'
import type { Database } from '../database/database.ts'
import { isId } from '../database/ids.ts'
import { keyset } from '../database/keyset.ts'
import { columnList } from '../database/tables.ts'
import type { Page } from '../pagination/page.ts'
import type { ActivityAction } from './actions.ts'
import type { Activity, ActivityRow } from './activity.entity.ts'

export interface ActivityCriteria {
  userId?: string | null
  actorId?: string | null
  actions?: readonly ActivityAction[] | null
  /** Inclusive. */
  from?: Date | null
  /** Exclusive. */
  to?: Date | null
}

/** What decides where an entry stands, and whom it belongs to. */
const ALWAYS = ['id', 'timestamp', 'userId'] as const
const WHERE_ASKED = ['action', 'details', 'ipAddress', 'userAgent'] as const

/** The fields that show who acted, or are shown by who acted. */
const OF_ACTOR = ['actorId', 'actor', 'ipAddress', 'userAgent']

const BY_TIME = { column: 'timestamp' }

/** Stands for each account in a statement that is written once and sent for several. */
const EACH_USER = 'each user'

/** What happened, in the database. Rows are added; nothing changes them but the clearing of addresses and `prune`. */
export class ActivityRepository {
  /** @param asked limits the columns of lists */
  constructor(
    private readonly database: Database,
    private readonly asked = new AskedFields(),
  ) {}

  async insert(activities: readonly Activity[]): Promise<void> {
    await this.database.insert('activities', activities)
  }

  async findPage(criteria: ActivityCriteria, page: Page): Promise<ActivityRow[]> {
    if (matchesNothing(criteria)) return []
    const { text, values } = this.#page(criteria, page)
    return this.database.read<ActivityRow>(text, values)
  }

  /**
   * The same page of the activity of several accounts in one statement: a union of one short, indexed query for
   * each. Returns the rows by account.
   */
  async findPagePerUser(
    userIds: readonly string[],
    criteria: ActivityCriteria,
    page: Page,
  ): Promise<Map<string, ActivityRow[]>> {
    const found = new Map<string, ActivityRow[]>(userIds.map((id) => [id, []]))
    if (userIds.length === 0 || matchesNothing(criteria)) return found
    const { text, values } = this.#page({ ...criteria, userId: EACH_USER }, page)
    // In parentheses by way of a derived table: SQLite takes no ORDER BY in a member of a union.
    const union = userIds.map(() => `select * from (${text}) as page`).join(' union all ')
    const bound = userIds.flatMap((userId) => values.map((value) => (value === EACH_USER ? userId : value)))
    const all = await this.database.read<ActivityRow>(union, bound)
    for (const row of all) found.get(row.userId as string)?.push(row)
    return found
  }

  async count(criteria: ActivityCriteria): Promise<number> {
    if (matchesNothing(criteria)) return 0
    const { text, values } = conditionsOf(criteria)
    return this.database.count(`from activities${text}`, values)
  }

  async countPerUser(userIds: readonly string[], criteria: ActivityCriteria): Promise<Map<string, number>> {
    if (matchesNothing(criteria)) return new Map()
    const { text, values } = conditionsOf(criteria).addIn('user_id', userIds)
    const counted = `select user_id as \`userId\`, count(*) as total from activities${text} group by user_id`
    const counts = await this.database.read<{ userId: string; total: number | bigint }>(counted, values)
    return new Map(counts.map(({ userId, total }) => [userId, Number(total)]))
  }

  /** Forgets where this account acted from, and where anonymous attempts on it came from. */
  async clearAddresses(userId: string): Promise<void> {
    const nowhere = { ip_address: null, user_agent: null }
    await this.database.rows.updateTable('activities').set(nowhere).where('actor_id', '=', userId).execute()
    await this.database.rows
      .updateTable('activities')
      .set(nowhere)
      .where('user_id', '=', userId)
      .where('actor_id', 'is', null)
      .execute()
  }

  /** Removes at most `limit` of the rows before a moment and returns how many. */
  async deleteBefore(moment: Date, limit: number): Promise<number> {
    const old = await this.database.rows
      .selectFrom('activities')
      .select('id')
      .where('timestamp', '<', moment)
      .orderBy('timestamp')
      .limit(limit)
      .execute()
    if (old.length === 0) return 0
    const ids = old.map(({ id }) => id)
    await this.database.rows.deleteFrom('activities').where('id', 'in', ids).execute()
    return old.length
  }

  #page(criteria: ActivityCriteria, page: Page): { text: string; values: unknown[] } {
    const conditions = conditionsOf(criteria)
    const order = keyset(conditions, BY_TIME, 'desc', page)
    const actor = OF_ACTOR.some((field) => this.asked.has(field)) ? ['actorId'] : []
    const columns = columnList({ properties: [...ALWAYS, ...actor, ...this.asked.among(WHERE_ASKED)] })
    return { text: `select ${columns} from activities${conditions.text}${order}`, values: conditions.values }
  }
}

function conditionsOf({ userId, actorId, actions, from, to }: ActivityCriteria): Conditions {
  const conditions = new Conditions()
  if (userId) conditions.add('user_id = ?', userId)
  if (actorId) conditions.add('actor_id = ?', actorId)
  // There are few, however often a filter repeats them; databases bind only so many values.
  if (actions) conditions.addIn('action', [...new Set(actions)])
  if (from) conditions.add('timestamp >= ?', storable(from))
  if (to) conditions.add('timestamp < ?', storable(to))
  return conditions
}

/** MySQL compares with NULL what is outside of its years, and zones lead there: 9999-12-31T23:59:59-12:00. */
function storable(moment: Date): Date {
  return new Date(Math.min(Math.max(moment.getTime(), EARLIEST), LATEST))
}

const EARLIEST = Date.UTC(1000, 0, 1)
const LATEST = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

function matchesNothing({ userId, actorId, actions }: ActivityCriteria): boolean {
  const isUnknown = (id: string | null | undefined) => typeof id === 'string' && !isId(id)
  return actions?.length === 0 || isUnknown(userId) || isUnknown(actorId)
}
