import { Entity, Index, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy'
import type { Stored } from '../database/row-values.ts'
import { User } from '../users/user.entity.ts'

/** How the refresh token of a session travels; chosen at login, kept for the session's life. */
export type Transport = 'BODY' | 'COOKIE'

/**
 * One sign-in, and with it one family of refresh tokens: `generation` numbers the token that is good now.
 * The token itself is a MAC over id and generation under a key that is not in the database.
 */
@Entity({ tableName: 'sessions' })
@Index({ name: 'sessions_user_id_last_active_at_id', properties: ['userId', 'lastActiveAt', 'id'] })
@Index({ name: 'sessions_ends_at', properties: ['endsAt'] })
export class Session {
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

  /** The same for the whole session; worth nothing without the cookie. Null with transport BODY. */
  @Property({ type: 'string', length: 64, nullable: true, collation: 'utf8mb4_bin' })
  csrfToken!: string | null

  @Property({ type: 'integer' })
  generation!: number

  /** When the present generation was made; the one before still answers for REFRESH_GRACE after it. */
  @Property({ type: 'datetime', length: 3 })
  rotatedAt!: Date

  @Property({ type: 'datetime', length: 3 })
  createdAt!: Date

  /** The last sign-in or refresh. */
  @Property({ type: 'datetime', length: 3 })
  lastActiveAt!: Date

  /** The absolute end (SESSION_TTL after sign-in). */
  @Property({ type: 'datetime', length: 3 })
  expiresAt!: Date

  /** The nearer of idle and absolute end, moved on by each refresh. A session that is ended early is removed. */
  @Property({ type: 'datetime', length: 3 })
  endsAt!: Date

  @Property({ type: 'string', length: 45, nullable: true })
  ipAddress!: string | null

  @Property({ type: 'string', length: 255, nullable: true })
  userAgent!: string | null
}

/** What every request reads of its session: what the schema shows, and the transport. */
export type SessionRow = Stored<Omit<Session, 'userId' | (typeof FAMILY_PROPERTIES)[number]>>

/** The columns of `SessionRow`. */
export const SESSION_PROPERTIES = [
  'id',
  'transport',
  'createdAt',
  'lastActiveAt',
  'expiresAt',
  'ipAddress',
  'userAgent',
] as const satisfies readonly (keyof SessionRow)[]

/** What only its refresh tokens need. */
export const FAMILY_PROPERTIES = [
  'csrfToken',
  'generation',
  'rotatedAt',
  'endsAt',
] as const satisfies readonly (keyof Session)[]
