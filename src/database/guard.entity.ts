import { EntityRepositoryType } from '@mikro-orm/core'
import { Entity, PrimaryKey, Property } from '@mikro-orm/decorators/legacy'
import { GuardRepository } from './guard.repository.ts'

/** A row to be updated first by transactions that must not run beside each other. Rows come with the migrations. */
@Entity({ tableName: 'guards', repository: () => GuardRepository })
export class Guard {
  [EntityRepositoryType]?: GuardRepository

  @PrimaryKey({ type: 'string', length: 32, collation: 'utf8mb4_bin' })
  name!: string

  @Property({ type: 'integer' })
  turn!: number
}
