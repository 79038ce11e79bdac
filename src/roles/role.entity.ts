import { EntityRepositoryType } from '@mikro-orm/core'
import { Entity, PrimaryKey, Property } from '@mikro-orm/decorators/legacy'
import { RoleRepository } from './role.repository.ts'

/** A role. A migration inserts the built-in ones, whose description and permissions are in the code. */
@Entity({ tableName: 'roles', repository: () => RoleRepository })
export class Role {
  [EntityRepositoryType]?: RoleRepository

  @PrimaryKey({ type: 'string', length: 32, collation: 'utf8mb4_bin' })
  name!: string

  @Property({ type: 'string', length: 200, nullable: true })
  description!: string | null

  /** As `PermissionTable.write` makes it; null for a built-in role. */
  @Property({ type: 'text', nullable: true })
  permissions!: string | null
}
