import { EntityRepositoryType } from '@mikro-orm/core'
import { Entity, PrimaryKey, Property } from '@mikro-orm/decorators/legacy'
import { FactorKeyRepository } from './factor-key.repository.ts'

/** The random key of all second factors, in one row. A change of SECRET_KEY seals it anew, and leaves it as it is. */
@Entity({ tableName: 'factor_keys', repository: () => FactorKeyRepository })
export class FactorKey {
  [EntityRepositoryType]?: FactorKeyRepository

  @PrimaryKey({ type: 'string', length: 32, collation: 'utf8mb4_bin' })
  name!: string

  /** Sealed under a key derived from SECRET_KEY. */
  @Property({ type: 'string', length: 255, collation: 'utf8mb4_bin' })
  sealedKey!: string
}
