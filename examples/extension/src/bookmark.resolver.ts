import { type AppContext, CHECKED_BY_SERVICE, PageArguments, UserType } from 'gatehouse'
import { Arg, Args, Ctx, FieldResolver, Int, Mutation, Query, Resolver, Root } from 'type-graphql'
import { BookmarkConnection, SaveBookmarkInput, SaveBookmarkPayload } from './bookmark.types.ts'

@Resolver()
export class BookmarkResolver {
  @Query(() => BookmarkConnection, { nullable: true, description: 'The own bookmarks, newest first.' })
  async bookmarks(
    @Args(() => PageArguments, CHECKED_BY_SERVICE) page: PageArguments,
    @Ctx() { viewer, services }: AppContext,
  ): Promise<BookmarkConnection> {
    return services.bookmarks.list(viewer.required, page)
  }

  @Mutation(() => SaveBookmarkPayload, { nullable: true, description: 'Needs bookmark:write.' })
  async saveBookmark(
    @Arg('input', () => SaveBookmarkInput, { description: 'The link.' }) { url, title }: SaveBookmarkInput,
    @Ctx() { viewer, services }: AppContext,
  ): Promise<SaveBookmarkPayload> {
    return { bookmark: await services.bookmarks.save(viewer.required, { url, title }) }
  }
}

/** A field more on a type of Gatehouse. */
@Resolver(() => UserType)
export class UserBookmarksResolver {
  @FieldResolver(() => Int, {
    nullable: true,
    description: "How many bookmarks the account keeps. Null for another's without bookmark:count_any.",
  })
  async bookmarkCount(
    @Root() { id }: UserType,
    @Ctx() { viewer, services, loaders }: AppContext,
  ): Promise<number | null> {
    const asker = viewer.current
    const isAllowed = asker && services.authorization.canAccess(asker, id, 'bookmark:count')
    return isAllowed ? loaders.bookmarkCountOfUser.load(id) : null
  }
}
