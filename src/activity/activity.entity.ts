import { EntityRepositoryType } from '@mikro-orm/core'
import { Entity, Index, PrimaryKey, Property } from '@mikro-orm/decorators/legacy'
import type { ActionName } from './actions.ts'
import { ActivityRepository } from './activity.repository.ts'

/** One event. Account ids have no foreign keys, so that rows outlive the accounts. */
@Entity({ tableName: 'activities', repository: () => ActivityRepository })
@Index({ name: 'activities_timestamp_id', properties: ['timestamp', 'id'] })
@Index({ name: 'activities_action_timestamp_id', properties: ['action', 'timestamp', 'id'] })
@Index({ name: 'activities_user_id_timestamp_id', properties: ['userId', 'timestamp', 'id'] })
@Index({ name: 'activities_actor_id_timestamp_id', properties: ['actorId', 'timestamp', 'id'] })
export class Activity {
  [EntityRepositoryType]?: ActivityRepository

  @PrimaryKey({ type: 'string', length: 36, collation: 'utf8mb4_bin' })
  id!: string

  @Property({ type: 'string', length: 32, collation: 'utf8mb4_bin' })
  action!: ActionName

  @Property({ type: 'string', length: 255, nullable: true })
  details!: string | null

  @Property({ type: 'string', length: 45, nullable: true })
  ipAddress!: string | null

  @Property({ type: 'string', length: 255, nullable: true })
  userAgent!: string | null

  @Property({ type: Date, length: 3 })
  timestamp!: Date

  @Property({ type: 'string', length: 36, nullable: true, collation: 'utf8mb4_bin' })
  userId!: string | null

  @Property({ type: 'string', length: 36, nullable: true, collation: 'utf8mb4_bin' })
  actorId!: string | null

  /** The API key that it was done with. */
  @Property({ type: 'string', length: 36, nullable: true, collation: 'utf8mb4_bin' })
  apiKeyId!: string | null
}
