import type { CursorCodec, Position } from './cursor.ts'
import type { Page } from './page.ts'

/** How old a total count may be, in seconds. */
export const TOTAL_COUNT_SECONDS = 5

/** A page of a list, with the fields of the schema's connection types. Cursors are computed when a field reads them. */
export class Connection<Row extends object> {
  readonly nodes: Row[]
  readonly #hasMore: boolean

  /**
   * @param found the rows in the order of the query (backward pages run from the end), one more than the page holds
   *   if there are more
   * @param countTotal called when `totalCount` is queried
   */
  constructor(
    found: Row[],
    private readonly page: Page,
    private readonly list: { codec: CursorCodec; name: string; positionOf: (row: Row) => Position },
    readonly countTotal: () => Promise<number>,
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

  #cursorOf(row: Row): string {
    return this.list.codec.encode(this.list.positionOf(row), this.list.name)
  }
}
