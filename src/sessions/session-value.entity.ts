import { EntityRepositoryType } from '@mikro-orm/core'
import { Entity, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy'
import { Session } from './session.entity.ts'
import { SessionValueRepository } from './session-value.repository.ts'

/** One value stored in a session. */
@Entity({ tableName: 'session_values', repository: () => SessionValueRepository })
export class SessionValue {
  [EntityRepositoryType]?: SessionValueRepository

  @ManyToOne({
    entity: () => Session,
    mapToPk: true,
    primary: true,
    fieldName: 'session_id',
    deleteRule: 'cascade',
    updateRule: 'no action',
    index: false,
  })
  sessionId!: string

  /** A JSON string: the closing quote makes trailing spaces count, which MySQL pads away when it compares. */
  @PrimaryKey({ type: 'string', length: 400, collation: 'utf8mb4_bin' })
  key!: string

  /** The value as JSON text. */
  @Property({ type: 'text' })
  value!: string

  @Property({ type: Date, length: 3, nullable: true })
  expiresAt!: Date | null
}
