import { EntityRepositoryType } from '@mikro-orm/core'
import { Entity, Index, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy'
import { User } from '../users/user.entity.ts'
import type { TokenPurpose } from './mail-kinds.ts'
import { MailTokenRepository } from './mail-token.repository.ts'

/**
 * The record of a token in a mail. The token itself is a MAC over this row and is made when the mail is sent, so
 * whoever reads the table can make none.
 */
@Entity({ tableName: 'mail_tokens', repository: () => MailTokenRepository })
@Index({ name: 'mail_tokens_user_id_purpose', properties: ['userId', 'purpose'] })
@Index({ name: 'mail_tokens_expires_at', properties: ['expiresAt'] })
export class MailToken {
  [EntityRepositoryType]?: MailTokenRepository

  /** UUIDv7, made by the service. */
  @PrimaryKey({ type: 'string', length: 36, collation: 'utf8mb4_bin' })
  id!: string

  @Property({ type: 'string', length: 32, collation: 'utf8mb4_bin' })
  purpose!: TokenPurpose

  @ManyToOne({
    entity: () => User,
    mapToPk: true,
    fieldName: 'user_id',
    deleteRule: 'cascade',
    updateRule: 'no action',
    index: false,
  })
  userId!: string

  /** The address that it is for: the one to confirm, to bring back, or whose owner may set the password. */
  @Property({ type: 'string', length: 254, collation: 'utf8mb4_bin' })
  email!: string

  /**
   * The order among tokens of one purpose and account; 0 where it does not matter. Clocks of instances differ, so neither id nor
   * `createdAt` says for sure which is younger.
   */
  @Property({ type: 'integer' })
  ordinal!: number

  @Property({ type: Date, length: 3 })
  createdAt!: Date

  @Property({ type: Date, length: 3 })
  expiresAt!: Date

  @Property({ type: Date, length: 3, nullable: true })
  usedAt!: Date | null
}
