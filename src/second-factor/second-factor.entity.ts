import { EntityRepositoryType } from '@mikro-orm/core'
import { Entity, ManyToOne, Property } from '@mikro-orm/decorators/legacy'
import { User } from '../users/user.entity.ts'
import { SecondFactorRepository } from './second-factor.repository.ts'

/**
 * The authenticator app of an account, on or being set up. `User.totpEnabledAt` says whether it is on. Writes are made
 * under the lock of the account's row, so that all instances count and use codes one after the other.
 */
@Entity({ tableName: 'second_factors', repository: () => SecondFactorRepository })
export class SecondFactor {
  [EntityRepositoryType]?: SecondFactorRepository

  @ManyToOne({
    entity: () => User,
    mapToPk: true,
    primary: true,
    fieldName: 'user_id',
    deleteRule: 'cascade',
    updateRule: 'no action',
    index: false,
  })
  userId!: string

  /** Sealed by `FactorKeys`, for this account. */
  @Property({ type: 'string', length: 255, collation: 'utf8mb4_bin' })
  sealedSecret!: string

  /** When the set-up ends; null once it is confirmed. */
  @Property({ type: Date, length: 3, nullable: true })
  setUpEndsAt!: Date | null

  /** The time step of the last code that was accepted: RFC 6238 section 5.2. */
  @Property({ type: 'integer', nullable: true })
  lastStep!: number | null

  @Property({ type: Date, length: 3, nullable: true })
  lastUsedAt!: Date | null

  /** Failed codes of the app since `codeFailuresSince`: `guesses.ts`. */
  @Property({ type: 'integer', default: 0 })
  codeFailures!: number

  @Property({ type: Date, length: 3, nullable: true })
  codeFailuresSince!: Date | null

  @Property({ type: 'integer', default: 0 })
  recoveryFailures!: number

  @Property({ type: Date, length: 3, nullable: true })
  recoveryFailuresSince!: Date | null
}
