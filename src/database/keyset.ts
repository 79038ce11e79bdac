import type { SelectQueryBuilder } from 'kysely'
import type { Page } from '../pagination/page.ts'

export type Direction = 'asc' | 'desc'

/**
 * Restricts a query to one page by (key, id) and fetches one row more than the page holds.
 * `key <= ? and (key < ? or id < ?)` rather than a row constructor: MariaDB reads a range of the index for it.
 *
 * @param key the column that orders the list; `id` breaks ties, where there can be any: MariaDB would sort by an `id`
 *   that a unique index does not hold
 */
export function keyset<DB, TB extends keyof DB, O>(
  query: SelectQueryBuilder<DB, TB, O>,
  { column, isUnique = false }: { column: string; isUnique?: boolean },
  listDirection: Direction,
  page: Page,
): SelectQueryBuilder<DB, TB, O> {
  const isAscending = (listDirection === 'asc') !== page.isBackward
  const direction = isAscending ? 'asc' : 'desc'
  const beyond = isAscending ? '>' : '<'
  // The key is a column of the table that the query selects from; the callers name it literally.
  let open = query as unknown as SelectQueryBuilder<{ T: Record<string, string | Date> }, 'T', O>
  const { from } = page
  if (from && isUnique) open = open.where(column, beyond, from.key)
  else if (from) {
    open = open
      .where(column, `${beyond}=`, from.key)
      .where((eb) => eb.or([eb(column, beyond, from.key), eb('id', beyond, from.id)]))
  }
  open = open.orderBy(column, direction)
  if (!isUnique) open = open.orderBy('id', direction)
  return open.limit(page.limit + 1) as unknown as SelectQueryBuilder<DB, TB, O>
}
