import type { Page } from '../pagination/page.ts'
import type { Conditions } from './conditions.ts'

export type Direction = 'asc' | 'desc'

/**
 * Restricts a statement to one page by (key, id), and fetches one row more than the page holds.
 * `key <= ? and (key < ? or id < ?)` rather than a row constructor: MariaDB reads a range of the index for it.
 *
 * @param key the column that orders the list; `id` breaks ties, where there can be any: MariaDB would sort by an `id`
 *   that a unique index does not hold
 * @returns ` order by … limit …`, to follow the conditions
 */
export function keyset(
  conditions: Conditions,
  { column, isUnique = false }: { column: string; isUnique?: boolean },
  listDirection: Direction,
  { from, isBackward, limit }: Page,
): string {
  const isAscending = (listDirection === 'asc') !== isBackward
  const direction = isAscending ? 'asc' : 'desc'
  const beyond = isAscending ? '>' : '<'
  if (from && isUnique) conditions.add(`\`${column}\` ${beyond} ?`, from.key)
  else if (from) {
    conditions.add(`\`${column}\` ${beyond}= ?`, from.key)
    conditions.add(`(\`${column}\` ${beyond} ? or id ${beyond} ?)`, from.key, from.id)
  }
  const tieBreaker = isUnique ? '' : `, id ${direction}`
  return ` order by \`${column}\` ${direction}${tieBreaker} limit ${limit + 1}`
}
