import { EntityRepositoryType } from '@mikro-orm/core'
import { Entity, Index, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy'
import { UserRepository } from './user.repository.ts'

/** An account. `usernameKey` and `emailKey` are the canonical spellings in lower case, which are unique. */
@Entity({ tableName: 'users', repository: () => UserRepository })
@Index({ name: 'users_created_at_id', properties: ['createdAt', 'id'] })
@Index({ name: 'users_role_created_at_id', properties: ['role', 'createdAt', 'id'] })
@Index({ name: 'users_is_active_created_at_id', properties: ['isActive', 'createdAt', 'id'] })
@Unique({ name: 'users_username_key', properties: ['usernameKey'] })
@Unique({ name: 'users_email_key', properties: ['emailKey'] })
export class User {
  [EntityRepositoryType]?: UserRepository

  /** UUIDv7, made by the service. */
  @PrimaryKey({ type: 'string', length: 36, collation: 'utf8mb4_bin' })
  id!: string

  @Property({ type: 'string', length: 64 })
  username!: string

  @Property({ type: 'string', length: 64, collation: 'utf8mb4_bin' })
  usernameKey!: string

  @Property({ type: 'string', length: 254 })
  email!: string

  @Property({ type: 'string', length: 254, collation: 'utf8mb4_bin' })
  emailKey!: string

  @Property({ type: 'string', length: 100, nullable: true })
  displayName!: string | null

  @Property({ type: 'string', length: 32, collation: 'utf8mb4_bin' })
  role!: string

  @Property({ type: 'boolean' })
  isActive!: boolean

  /** When the present address was confirmed; null where it was not. */
  @Property({ type: Date, length: 3, nullable: true })
  emailVerifiedAt!: Date | null

  /** The address that waits for its confirmation, as given. Not unique: whoever confirms it first has it. */
  @Property({ type: 'string', length: 254, nullable: true })
  pendingEmail!: string | null

  /** argon2id in PHC form, of another program until its first sign-in, or NO_PASSWORD. Read for password checks only. */
  @Property({ type: 'string', length: 255, hidden: true, lazy: true, collation: 'utf8mb4_bin' })
  passwordHash!: string

  @Property({ type: Date, length: 3 })
  createdAt!: Date

  @Property({ type: Date, length: 3 })
  updatedAt!: Date

  @Property({ type: Date, length: 3, nullable: true })
  lastLoginAt!: Date | null

  /** When the second factor was turned on; null where it is off. Its secret is in `second-factor/`. */
  @Property({ type: Date, length: 3, nullable: true })
  totpEnabledAt!: Date | null

  /** Incremented to lock the row, because Galera clusters replicate changes, not locks. */
  @Property({ type: 'integer', default: 0 })
  turn!: number
}
