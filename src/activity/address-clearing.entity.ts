import { EntityRepositoryType } from '@mikro-orm/core'
import { Entity, PrimaryKey } from '@mikro-orm/decorators/legacy'
import { AddressClearingRepository } from './address-clearing.repository.ts'

/** A deleted account whose addresses in the activity are still to be cleared. Written in the transaction that deletes. */
@Entity({ tableName: 'address_clearings', repository: () => AddressClearingRepository })
export class AddressClearing {
  [EntityRepositoryType]?: AddressClearingRepository

  @PrimaryKey({ type: 'string', length: 36, collation: 'utf8mb4_bin' })
  userId!: string
}
