import { EntityRepositoryType } from '@mikro-orm/core'
import { Entity, Index, ManyToOne, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy'
import { User } from '../users/user.entity.ts'
import { ApiKeyRepository } from './api-key.repository.ts'

/** A key for a program, which acts as its owner. A revoked one is removed; an expired one stays until it is pruned. */
@Entity({ tableName: 'api_keys', repository: () => ApiKeyRepository })
@Index({ name: 'api_keys_user_id_created_at_id', properties: ['userId', 'createdAt', 'id'] })
@Index({ name: 'api_keys_expires_at', properties: ['expiresAt'] })
@Unique({ name: 'api_keys_hash', properties: ['hash'] })
export class ApiKey {
  [EntityRepositoryType]?: ApiKeyRepository

  /** UUIDv7, made by the service. */
  @PrimaryKey({ type: 'string', length: 36, collation: 'utf8mb4_bin' })
  id!: string

  @ManyToOne({
    entity: () => User,
    mapToPk: true,
    fieldName: 'user_id',
    deleteRule: 'cascade',
    updateRule: 'no action',
    index: false,
  })
  userId!: string

  @Property({ type: 'string', length: 64 })
  name!: string

  /** HMAC-SHA256 of the secret, in base64url. Its key is not in the database. */
  @Property({ type: 'string', length: 43, collation: 'utf8mb4_bin' })
  hash!: string

  /** The last four characters of the secret. */
  @Property({ type: 'string', length: 4, collation: 'utf8mb4_bin' })
  hint!: string

  /** As `PermissionTable.write` makes it. */
  @Property({ type: 'text' })
  permissions!: string

  @Property({ type: Date, length: 3 })
  createdAt!: Date

  @Property({ type: Date, length: 3 })
  expiresAt!: Date

  /** Up to a minute old: not every request writes it. */
  @Property({ type: Date, length: 3, nullable: true })
  lastUsedAt!: Date | null
}
