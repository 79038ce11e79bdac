import { EntityRepositoryType } from '@mikro-orm/core'
import { Entity, PrimaryKey, Property } from '@mikro-orm/decorators/legacy'
import { GuardRepository } from './guard.repository.ts'

/** Transactions that must not run concurrently update the same row first. A migration inserts the rows. */
@Entity({ tableName: 'guards', repository: () => GuardRepository })
export class Guard {
  [EntityRepositoryType]?: GuardRepository

  @PrimaryKey({ type: 'string', length: 32, collation: 'utf8mb4_bin' })
  name!: string

  @Property({ type: 'integer' })
  turn!: number
}
