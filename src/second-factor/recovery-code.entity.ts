import { EntityRepositoryType } from '@mikro-orm/core'
import { Entity, Index, ManyToOne, PrimaryKey } from '@mikro-orm/decorators/legacy'
import { User } from '../users/user.entity.ts'
import { RecoveryCodeRepository } from './recovery-code.repository.ts'

/** A recovery code that has not been used. A used one is removed. */
@Entity({ tableName: 'recovery_codes', repository: () => RecoveryCodeRepository })
@Index({ name: 'recovery_codes_user_id', properties: ['userId'] })
export class RecoveryCode {
  [EntityRepositoryType]?: RecoveryCodeRepository

  /** `FactorKeys.hashCode` of account and code. */
  @PrimaryKey({ type: 'string', length: 43, collation: 'utf8mb4_bin' })
  hash!: string

  @ManyToOne({
    entity: () => User,
    mapToPk: true,
    fieldName: 'user_id',
    deleteRule: 'cascade',
    updateRule: 'no action',
    index: false,
  })
  userId!: string
}
