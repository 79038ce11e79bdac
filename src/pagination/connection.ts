import type { CursorCodec, Position } from './cursor.ts'
import type { Page } from './page.ts'

/** A page of a list as the connection types of the schema read it. Cursors are made only where they are asked for. */
export class Connection<Row extends object> {
  readonly nodes: Row[]
  readonly #hasMore: boolean

  /**
   * @param found the rows in the order they were fetched (backward pages run from the end), one more than the page
   *   holds where there are more
   * @param countTotal called only where `totalCount` is asked for
   */
  constructor(
    found: Row[],
    private readonly page: Page,
    private readonly list: { codec: CursorCodec; name: string; positionOf: (row: Row) => Position },
    readonly countTotal: () => Promise<number>,
  ) {
    this.#hasMore = found.length > page.limit
    const rows = this.#hasMore ? found.slice(0, page.limit) : found
    this.nodes = page.isBackward ? rows.reverse() : rows
  }

  get edges(): { cursor: string; node: Row }[] {
    return this.nodes.map((node) => ({ cursor: this.#cursorOf(node), node }))
  }

  get pageInfo() {
    const { isBackward, from } = this.page
    const { nodes } = this
    const cursorOf = (node: Row | undefined) => (node ? this.#cursorOf(node) : null)
    return {
      hasNextPage: isBackward ? from !== null : this.#hasMore,
      hasPreviousPage: isBackward ? this.#hasMore : from !== null,
      get startCursor() {
        return cursorOf(nodes.at(0))
      },
      get endCursor() {
        return cursorOf(nodes.at(-1))
      },
    }
  }

  #cursorOf(row: Row): string {
    return this.list.codec.encode(this.list.positionOf(row), this.list.name)
  }
}
