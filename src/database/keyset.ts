import { type Kysely, type SelectQueryBuilder, sql } from 'kysely'
import { MAX_TOTAL_COUNT } from '../pagination/connection.ts'
import type { Page } from '../pagination/page.ts'

export type Direction = 'asc' | 'desc'

interface ListOrder<Column> {
  column: Column
  direction: Direction
  /** Then `id` is left out of the order: the unique index does not contain it, so MariaDB would sort. */
  isUnique?: boolean
}

/**
 * Restricts a list to one page by (key, id), and fetches one row more, which tells whether there is a next page.
 * `key <= ? and (key < ? or id < ?)` and no row constructor, because MariaDB reads an index range for it.
 */
export function pageOf<DB, Table extends keyof DB, Row>(
  list: SelectQueryBuilder<DB, Table, Row>,
  { column, direction: listDirection, isUnique = false }: ListOrder<string>,
  { from, isBackward, limit }: Page,
): SelectQueryBuilder<DB, Table, Row> {
  const isAscending = (listDirection === 'asc') !== isBackward
  const direction = isAscending ? 'asc' : 'desc'
  const beyond = isAscending ? '>' : '<'
  const [key, id] = [sql.ref(column), sql.ref('id')]
  let page = list
  if (from && isUnique) page = page.where(key, beyond, from.key)
  if (from && !isUnique) {
    page = page
      .where(key, `${beyond}=`, from.key)
      .where((eb) => eb.or([eb(key, beyond, from.key), eb(id, beyond, from.id)]))
  }
  page = page.orderBy(key, direction)
  if (!isUnique) page = page.orderBy(id, direction)
  return page.limit(limit + 1)
}

/** A statement that counts the rows of `list` in the column `total`, and stops where total counts do. */
export function countOf<DB, Table extends keyof DB>(list: SelectQueryBuilder<DB, Table, object>) {
  const counted = list.select(sql.lit(1).as('one')).limit(sql.lit(MAX_TOTAL_COUNT + 1))
  return sql<{ total: number }>`select count(*) as total from ${counted} as counted`
}

/** At most one more than MAX_TOTAL_COUNT, which tells that there are more rows. */
export async function countRows<DB, Table extends keyof DB>(
  db: Kysely<DB>,
  list: SelectQueryBuilder<DB, Table, object>,
): Promise<number> {
  const { rows } = await countOf(list).execute(db)
  return Number(rows[0]?.total)
}
