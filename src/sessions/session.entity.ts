import { EntityRepositoryType } from '@mikro-orm/core'
import { Entity, Index, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy'
import { User } from '../users/user.entity.ts'
import { SessionRepository } from './session.repository.ts'

/** How the refresh token of a session is sent; chosen at login, fixed for the session. */
export type Transport = 'BODY' | 'COOKIE'

/**
 * One login, and one family of refresh tokens: `generation` numbers the valid one.
 * The token is a MAC over id and generation, and its key is not in the database.
 */
@Entity({ tableName: 'sessions', repository: () => SessionRepository })
@Index({ name: 'sessions_user_id_last_active_at_id', properties: ['userId', 'lastActiveAt', 'id'] })
@Index({ name: 'sessions_ends_at', properties: ['endsAt'] })
export class Session {
  [EntityRepositoryType]?: SessionRepository

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

  @Property({ type: 'string', length: 8, collation: 'utf8mb4_bin' })
  transport!: Transport

  /** A hash: `storedForm` in `auth/csrf-token.ts`. The same for the whole session; null with transport BODY. */
  @Property({ type: 'string', length: 64, nullable: true, collation: 'utf8mb4_bin' })
  csrfToken!: string | null

  @Property({ type: 'integer' })
  generation!: number

  /** When the current generation was made. */
  @Property({ type: Date, length: 3 })
  rotatedAt!: Date

  /** When each of the last 8 generations was first used, as JSON: `recent-uses.ts`. Null before the first use. */
  @Property({ type: 'string', length: 255, nullable: true })
  recentUses!: string | null

  @Property({ type: Date, length: 3 })
  createdAt!: Date

  /** When the password was last given. Null in rows of version 0.1.0: at the login. */
  @Property({ type: Date, length: 3, nullable: true })
  authenticatedAt!: Date | null

  /** Whether the second factor was given beside it. */
  @Property({ type: 'boolean', default: false })
  hasSecondFactor!: boolean

  /** The last login or refresh. */
  @Property({ type: Date, length: 3 })
  lastActiveAt!: Date

  /** The absolute end: SESSION_TTL after the login. */
  @Property({ type: Date, length: 3 })
  expiresAt!: Date

  /** The earlier of idle and absolute end, moved by each refresh. A session that is ended before is removed. */
  @Property({ type: Date, length: 3 })
  endsAt!: Date

  @Property({ type: 'string', length: 45, nullable: true })
  ipAddress!: string | null

  @Property({ type: 'string', length: 255, nullable: true })
  userAgent!: string | null

  /** Incremented to lock the row, because Galera clusters replicate changes, not locks. */
  @Property({ type: 'integer', default: 0 })
  turn!: number
}
