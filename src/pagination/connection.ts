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

  get pageInfo(): PageInfo<Row> {
    const { isBackward, from } = this.page
    const [hasNextPage, hasPreviousPage] = isBackward ? [from !== null, this.#hasMore] : [this.#hasMore, from !== null]
    return new PageInfo(hasNextPage, hasPreviousPage, this.nodes, (row) => this.#cursorOf(row))
  }

  #cursorOf(row: Row): string {
    return this.list.codec.encode(this.list.positionOf(row), this.list.name)
  }
}

/**
 * A class, since its cursors are made when they are read: a getter in an object literal that each request makes was
 * measured to cost a quarter of its CPU and more ("Getters" in `bench/README.md`).
 */
class PageInfo<Row extends object> {
  constructor(
    readonly hasNextPage: boolean,
    readonly hasPreviousPage: boolean,
    private readonly nodes: readonly Row[],
    private readonly cursorOf: (row: Row) => string,
  ) {}

  get startCursor(): string | null {
    return this.#at(0)
  }

  get endCursor(): string | null {
    return this.#at(-1)
  }

  #at(index: number): string | null {
    const row = this.nodes.at(index)
    return row ? this.cursorOf(row) : null
  }
}
