import DataLoader from 'dataloader'
import { defineFeature, session } from 'gatehouse'
import { Bookmark } from './bookmark.entity.ts'
import { migrations } from './bookmark.migrations.ts'
import { BookmarkResolver, UserBookmarksResolver } from './bookmark.resolver.ts'
import { BookmarkService } from './bookmark.service.ts'

declare module 'gatehouse' {
  interface Services {
    bookmarks: BookmarkService
  }
  interface Loaders {
    bookmarkCountOfUser: DataLoader<string, number>
  }
  interface AddedPermissions {
    'bookmark:write': true
    'bookmark:count': true
    'bookmark:count_any': true
  }
  interface AddedActions {
    BOOKMARK_SAVED: true
  }
}

export const bookmarks = defineFeature({
  name: 'bookmarks',
  entities: [Bookmark],
  migrations,
  resolvers: [BookmarkResolver, UserBookmarksResolver],
  permissions: {
    BOOKMARK_WRITE: { value: 'bookmark:write', description: 'Keep bookmarks.', roles: ['user', 'admin'] },
    BOOKMARK_COUNT: { value: 'bookmark:count', description: 'Count the own bookmarks.', roles: ['user', 'admin'] },
    BOOKMARK_COUNT_ANY: { value: 'bookmark:count_any', description: 'Count those of others.', roles: ['admin'] },
  },
  activityActions: { BOOKMARK_SAVED: 'A bookmark was saved. Details: its id.' },
  access: {
    Query: { bookmarks: session() },
    Mutation: { saveBookmark: session('bookmark:write') },
  },
  services: ({ em, services: { activity, authorization }, clock, cursors }) => ({
    bookmarks: new BookmarkService({
      em,
      bookmarks: em.getRepository(Bookmark),
      activity,
      authorization,
      clock,
      cursors,
    }),
  }),
  loaders: (services) => ({
    bookmarkCountOfUser: new DataLoader((ids) => services.bookmarks.countByOwners(ids)),
  }),
})
