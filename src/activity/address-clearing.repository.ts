import { EntityRepository } from '@mikro-orm/mysql'
import type { AddressClearing } from './address-clearing.entity.ts'

/** Few rows: what is left of deletions. */
export class AddressClearingRepository extends EntityRepository<AddressClearing> {
  async add(userId: string): Promise<void> {
    await this.insert({ userId })
  }

  async findUserIds(): Promise<string[]> {
    const found = await this.find({}, { orderBy: { userId: 'asc' }, disableIdentityMap: true })
    return found.map(({ userId }) => userId)
  }

  async remove(userId: string): Promise<void> {
    await this.nativeDelete({ userId })
  }
}
