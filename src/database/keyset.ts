import type { SelectQueryBuilder } from 'kysely'
import type { Page } from '../pagination/page.ts'

export type Direction = 'asc' | 'desc'

/**
 * Restricts a query to one page by (key, id) and fetches one row more than the page holds.
 * `key <= ? and (key < ? or id < ?)` rather than a row constructor: MariaDB reads a range of the index for it.
 *
 * @param key the column that orders the list; `id` breaks ties
 */
export function keyset<DB, TB extends keyof DB, O>(
  query: SelectQueryBuilder<DB, TB, O>,
  key: string,
  listDirection: Direction,
  page: Page,
): SelectQueryBuilder<DB, TB, O> {
  const isAscending = (listDirection === 'asc') !== page.isBackward
  const direction = isAscending ? 'asc' : 'desc'
  // The key is a property of the entity that the query selects from; the three callers name it literally.
  const open = query as unknown as SelectQueryBuilder<{ T: Record<string, string | Date> }, 'T', O>
  const from = page.from
  const after = from
    ? open
        .where(key, isAscending ? '>=' : '<=', from.key)
        .where((eb) => eb.or([eb(key, isAscending ? '>' : '<', from.key), eb('id', isAscending ? '>' : '<', from.id)]))
    : open
  const ordered = after
    .orderBy(key, direction)
    .orderBy('id', direction)
    .limit(page.limit + 1)
  return ordered as unknown as SelectQueryBuilder<DB, TB, O>
}
