import type { CursorCodec, Position } from './cursor.ts'
import type { Page } from './page.ts'

/** How old a total count may be, in seconds. */
export const TOTAL_COUNT_SECONDS = 5

/** Where total counts stop, so that none reads a whole table. */
export const MAX_TOTAL_COUNT = 10_000

/** A page of a list, with the fields of the schema's connection types. Cursors are computed when a field reads them. */
export class Connection<Row extends object> {
  readonly nodes: Row[]
  readonly #hasMore: boolean
  #rowCount: Promise<number> | undefined

  /**
   * @param found the rows in the order of the query (backward pages run from the end), one more than the page holds
   *   if there are more
   * @param countRows called once, when `totalCount` or `totalCountIsExact` is queried; need not count further than
   *   one row beyond MAX_TOTAL_COUNT, as `countRows` of `database/keyset.ts` does
   */
  constructor(
    found: Row[],
    private readonly page: Page,
    private readonly list: { codec: CursorCodec; name: string; positionOf: (row: Row) => Position },
    private readonly countRows: () => Promise<number>,
  ) {
    this.#hasMore = found.length > page.limit
    const rows = found.slice(0, page.limit)
    this.nodes = page.isBackward ? rows.reverse() : rows
  }

  get edges() {
    return this.nodes.map((node) => ({ cursor: this.#cursorOf(node), node }))
  }

  get pageInfo() {
    const { isBackward, from } = this.page
    const [first, last] = [this.nodes.at(0), this.nodes.at(-1)]
    return {
      hasNextPage: isBackward ? from !== null : this.#hasMore,
      hasPreviousPage: isBackward ? this.#hasMore : from !== null,
      startCursor: first ? this.#cursorOf(first) : null,
      endCursor: last ? this.#cursorOf(last) : null,
    }
  }

  get totalCount(): Promise<number> {
    return this.#countOnce().then((rows) => Math.min(rows, MAX_TOTAL_COUNT))
  }

  get totalCountIsExact(): Promise<boolean> {
    return this.#countOnce().then((rows) => rows <= MAX_TOTAL_COUNT)
  }

  #countOnce(): Promise<number> {
    this.#rowCount ??= this.countRows()
    return this.#rowCount
  }

  #cursorOf(row: Row): string {
    return this.list.codec.encode(this.list.positionOf(row), this.list.name)
  }
}
