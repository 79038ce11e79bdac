import { Entity, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy'
import { Session } from './session.entity.ts'

/** One value stored in a session. */
@Entity({ tableName: 'session_values' })
export class SessionValue {
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

  /** The key as a JSON string: quoted, so that trailing spaces count although MySQL pads when it compares. */
  @PrimaryKey({ type: 'string', length: 400, collation: 'utf8mb4_bin' })
  key!: string

  /** The value as JSON text. */
  @Property({ type: 'text' })
  value!: string

  @Property({ type: 'datetime', length: 3, nullable: true })
  expiresAt!: Date | null
}
