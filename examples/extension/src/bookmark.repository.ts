import { EntityRepository } from '@mikro-orm/mysql'
import { columnsOf, countRows, type Page, pageOf, type StoredRow, type TableOf, toDate } from 'gatehouse'
import type { Bookmark } from './bookmark.entity.ts'

interface BookmarkTables {
  bookmarks: TableOf<Bookmark>
}

/** What lists select. */
export type BookmarkRow = Pick<Bookmark, 'id' | 'url' | 'title' | 'createdAt'>

const COLUMNS = columnsOf(['id', 'url', 'title', 'createdAt'])

export class BookmarkRepository extends EntityRepository<Bookmark> {
  /** Newest first, and one row more than the page holds where there are more. */
  async findPage(ownerId: string, page: Page): Promise<BookmarkRow[]> {
    const list = this.#ofOwner(ownerId).select(COLUMNS)
    const found = await pageOf(list, { column: 'created_at', direction: 'desc' }, page).execute()
    return found.map(toBookmarkRow)
  }

  /** In one statement; owners without bookmarks are left out. */
  async countByOwner(ownerIds: readonly string[]): Promise<Map<string, number>> {
    const counts = await this.em
      .getKysely<BookmarkTables>()
      .selectFrom('bookmarks')
      .select((eb) => ['owner_id', eb.fn.countAll().as('total')])
      .where('owner_id', 'in', ownerIds)
      .groupBy('owner_id')
      .execute()
    return new Map(counts.map(({ owner_id, total }) => [owner_id, Number(total)]))
  }

  /** Counts on to one row beyond where total counts stop. */
  async countRows(ownerId: string): Promise<number> {
    return countRows(this.em.getKysely<BookmarkTables>(), this.#ofOwner(ownerId))
  }

  #ofOwner(ownerId: string) {
    return this.em.getKysely<BookmarkTables>().selectFrom('bookmarks').where('owner_id', '=', ownerId)
  }
}

function toBookmarkRow(row: StoredRow<BookmarkRow>): BookmarkRow {
  return { ...row, createdAt: toDate(row.createdAt) }
}
