import type { EntityManager } from '@mikro-orm/core'
import {
  type ActivityService,
  type AuthorizationService,
  type Clock,
  Connection,
  type CursorCodec,
  ForbiddenError,
  newId,
  type PageArgs,
  readPage,
  transaction,
  type Viewer,
} from 'gatehouse'
import type { BookmarkRepository, BookmarkRow } from './bookmark.repository.ts'

export interface BookmarkDependencies {
  em: EntityManager
  bookmarks: BookmarkRepository
  activity: ActivityService
  authorization: AuthorizationService
  clock: Clock
  cursors: CursorCodec
}

export class BookmarkService {
  constructor(private readonly deps: BookmarkDependencies) {}

  /** The own ones, newest first. */
  async list(viewer: Viewer, args: PageArgs): Promise<Connection<BookmarkRow>> {
    const { bookmarks, cursors } = this.deps
    const ownerId = viewer.user.id
    const name = `users/${ownerId}/bookmarks`
    const page = readPage(args, cursors, name)
    const found = await bookmarks.findPage(ownerId, page)
    return new Connection(found, page, { codec: cursors, name, positionOf }, () => bookmarks.countRows(ownerId))
  }

  async save(viewer: Viewer, { url, title }: { url: string; title?: string | null }): Promise<BookmarkRow> {
    const { em, bookmarks, activity, authorization, clock } = this.deps
    if (!authorization.hasPermission(viewer, 'bookmark:write')) throw new ForbiddenError()
    const ownerId = viewer.user.id
    const bookmark = { id: newId(), ownerId, url, title: title ?? null, createdAt: clock() }
    await transaction(em, async () => {
      await bookmarks.insert(bookmark)
      await activity.record({ action: 'BOOKMARK_SAVED', userId: ownerId, actorId: ownerId, details: bookmark.id })
    })
    return bookmark
  }

  /** For the loader; whether the viewer may read them is the caller's question. */
  async countByOwners(ownerIds: readonly string[]): Promise<number[]> {
    const counts = await this.deps.bookmarks.countByOwner(ownerIds)
    return ownerIds.map((id) => counts.get(id) ?? 0)
  }
}

function positionOf({ createdAt, id }: BookmarkRow) {
  return { key: createdAt, id }
}
