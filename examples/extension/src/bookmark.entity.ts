import { EntityRepositoryType } from '@mikro-orm/core'
import { Entity, Index, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy'
import { User } from 'gatehouse'
import { BookmarkRepository } from './bookmark.repository.ts'

/** A link that an account keeps; the database removes it with the account. */
@Entity({ tableName: 'bookmarks', repository: () => BookmarkRepository })
@Index({ name: 'bookmarks_owner_id_created_at_id', properties: ['ownerId', 'createdAt', 'id'] })
export class Bookmark {
  [EntityRepositoryType]?: BookmarkRepository

  @PrimaryKey({ type: 'string', length: 36, collation: 'utf8mb4_bin' })
  id!: string

  @ManyToOne({
    entity: () => User,
    mapToPk: true,
    fieldName: 'owner_id',
    deleteRule: 'cascade',
    updateRule: 'no action',
    index: false,
  })
  ownerId!: string

  @Property({ type: 'string', length: 2000 })
  url!: string

  @Property({ type: 'string', length: 200, nullable: true })
  title!: string | null

  @Property({ type: Date, length: 3 })
  createdAt!: Date
}
