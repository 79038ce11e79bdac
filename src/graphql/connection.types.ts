import { ArgsType, Field, Int, ObjectType } from 'type-graphql'

@ObjectType('PageInfo', { description: 'Where a page stands in its list.', simpleResolvers: true })
export class PageInfoType {
  @Field(() => Boolean, { description: 'Forward: whether more follows. Backward: whether a cursor was given.' })
  hasNextPage!: boolean

  @Field(() => Boolean, { description: 'Backward: whether more precedes. Forward: whether a cursor was given.' })
  hasPreviousPage!: boolean

  @Field(() => String, { nullable: true, description: 'Cursor of the first node; null on an empty page.' })
  startCursor!: string | null

  @Field(() => String, { nullable: true, description: 'Cursor of the last node; null on an empty page.' })
  endCursor!: string | null
}

/** For `@Field` of connections: their fields `totalCount` and `totalCountIsExact`. */
export const TOTAL_COUNT = { description: 'Counted only when asked for, up to 10,000. May be 5 seconds old.' }
export const TOTAL_COUNT_IS_EXACT = { description: 'False where there are more than totalCount says.' }

/** `first` with `after`, or `last` with `before`. Use with `CHECKED_BY_SERVICE`. */
@ArgsType()
export class PageArguments {
  @Field(() => Int, {
    nullable: true,
    description: 'How many from the start, 1 to 100. 20 where neither first nor last is given.',
  })
  first?: number | null

  @Field(() => String, { nullable: true, description: 'Cursor after which the page begins. Goes with first.' })
  after?: string | null

  @Field(() => Int, { nullable: true, description: 'How many from the end, 1 to 100.' })
  last?: number | null

  @Field(() => String, { nullable: true, description: 'Cursor before which the page ends. Goes with last.' })
  before?: string | null
}

/**
 * For `@Args` of lists: turns TypeGraphQL's validation off, since `readPage` checks a page and names the argument that
 * does not fit. A function, because a schema with a `validateFn` ignores `validate: false`.
 */
export const CHECKED_BY_SERVICE = { validateFn: () => undefined }
