import { IsUrl } from 'class-validator'
import { DateTimeScalar, HasLength, PageInfoType, TOTAL_COUNT, TOTAL_COUNT_IS_EXACT } from 'gatehouse'
import { Field, ID, InputType, Int, ObjectType } from 'type-graphql'

@ObjectType('Bookmark', { description: 'A link that an account keeps.', simpleResolvers: true })
export class BookmarkType {
  @Field(() => ID, { description: 'UUIDv7.' })
  id!: string

  @Field(() => String, { description: 'http or https.' })
  url!: string

  @Field(() => String, { nullable: true, description: 'Null where none was given.' })
  title!: string | null

  @Field(() => DateTimeScalar, { description: 'When it was saved.' })
  createdAt!: Date
}

@ObjectType('BookmarkConnection', { description: 'A page of bookmarks, newest first.', simpleResolvers: true })
export class BookmarkConnection {
  @Field(() => [BookmarkType], { description: 'The page, in list order.' })
  nodes!: BookmarkType[]

  @Field(() => PageInfoType, { description: 'Where the page stands.' })
  pageInfo!: PageInfoType

  @Field(() => Int, TOTAL_COUNT)
  totalCount!: Promise<number>

  @Field(() => Boolean, TOTAL_COUNT_IS_EXACT)
  totalCountIsExact!: Promise<boolean>
}

@InputType('SaveBookmarkInput', { description: 'A link to keep.' })
export class SaveBookmarkInput {
  @Field(() => String, { description: 'http or https, at most 2000 characters.' })
  @IsUrl({ protocols: ['http', 'https'], require_protocol: true }, { message: 'This is not a URL.' })
  @HasLength({ max: 2000 })
  url!: string

  @Field(() => String, { nullable: true, description: 'At most 200 characters.' })
  @HasLength({ max: 200 })
  title?: string | null
}

@ObjectType('SaveBookmarkPayload', { description: 'The bookmark that was saved.', simpleResolvers: true })
export class SaveBookmarkPayload {
  @Field(() => BookmarkType, { description: 'The new bookmark.' })
  bookmark!: BookmarkType
}
