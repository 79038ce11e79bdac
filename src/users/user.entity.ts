import { Entity, Index, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy'
import type { RoleName } from '../authorization/permissions.ts'
import { NumericBooleanType } from '../database/boolean.type.ts'
import type { Stored } from '../database/row-values.ts'

/** An account. `usernameKey` and `emailKey` are the canonical spellings (lower case) that are unique. */
@Entity({ tableName: 'users' })
@Index({ name: 'users_created_at_id', properties: ['createdAt', 'id'] })
@Index({ name: 'users_role_created_at_id', properties: ['role', 'createdAt', 'id'] })
@Unique({ name: 'users_username_key', properties: ['usernameKey'] })
@Unique({ name: 'users_email_key', properties: ['emailKey'] })
export class User {
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
  role!: RoleName

  @Property({ type: NumericBooleanType })
  isActive!: boolean

  /** argon2id in PHC form. Read by signing in and by the password checks alone. */
  @Property({ type: 'string', length: 255, hidden: true, lazy: true, collation: 'utf8mb4_bin' })
  passwordHash!: string

  @Property({ type: 'datetime', length: 3 })
  createdAt!: Date

  @Property({ type: 'datetime', length: 3 })
  updatedAt!: Date

  @Property({ type: 'datetime', length: 3, nullable: true })
  lastLoginAt!: Date | null
}

/** What every read of an account returns: never the hash, and not the keys, which follow from the names. */
export type UserRow = Stored<Omit<User, 'passwordHash' | 'usernameKey' | 'emailKey'>>

/** What signing in reads of it. */
export type UserWithHash = UserRow & Pick<User, 'passwordHash'>

/** The columns of `UserRow`. */
export const USER_PROPERTIES = [
  'id',
  'username',
  'email',
  'displayName',
  'role',
  'isActive',
  'createdAt',
  'updatedAt',
  'lastLoginAt',
] as const satisfies readonly (keyof UserRow)[]
