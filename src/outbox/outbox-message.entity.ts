import { EntityRepositoryType } from '@mikro-orm/core'
import { Entity, Index, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy'
import { User } from '../users/user.entity.ts'
import { OutboxMessageRepository } from './outbox-message.repository.ts'

/**
 * Something to deliver, written in the transaction of what it tells of (the outbox pattern). Waiting while `doneAt` is
 * null; kept for a week after that.
 */
@Entity({ tableName: 'outbox_messages', repository: () => OutboxMessageRepository })
@Index({ name: 'outbox_messages_done_at_attempts_due_at', properties: ['doneAt', 'attempts', 'dueAt'] })
@Index({ name: 'outbox_messages_user_id', properties: ['userId'] })
export class OutboxMessage {
  [EntityRepositoryType]?: OutboxMessageRepository

  /** UUIDv7, made by the service. */
  @PrimaryKey({ type: 'string', length: 36, collation: 'utf8mb4_bin' })
  id!: string

  /** Which deliverer it is for: `mail`. */
  @Property({ type: 'string', length: 16, collation: 'utf8mb4_bin' })
  delivery!: string

  /** What it tells of, in the words of its deliverer, such as `verify-email`. */
  @Property({ type: 'string', length: 32, collation: 'utf8mb4_bin' })
  kind!: string

  /** The account that it is about; its messages go with it. */
  @ManyToOne({
    entity: () => User,
    mapToPk: true,
    nullable: true,
    fieldName: 'user_id',
    deleteRule: 'cascade',
    updateRule: 'no action',
    index: false,
  })
  userId!: string | null

  /** JSON for the deliverer. Never a token: whoever reads the table must not be able to use it. */
  @Property({ type: 'text' })
  payload!: string

  /** Counts the claims, and so says whose claim is the last one. */
  @Property({ type: 'integer' })
  attempts!: number

  /** When it may be claimed. A claim moves it on by the lease, a failed try by a pause. */
  @Property({ type: Date, length: 3 })
  dueAt!: Date

  @Property({ type: Date, length: 3 })
  createdAt!: Date

  @Property({ type: Date, length: 3, nullable: true })
  doneAt!: Date | null

  /** Null while waiting. */
  @Property({ type: 'string', length: 8, nullable: true, collation: 'utf8mb4_bin' })
  outcome!: Outcome | null

  /** The last failure in the words of the deliverer, such as `RCPT TO 450`; no text of another server. */
  @Property({ type: 'string', length: 64, nullable: true })
  lastFault!: string | null
}

/** `dropped`: there was nothing to tell anybody any more. */
export type Outcome = 'sent' | 'failed' | 'dropped'
