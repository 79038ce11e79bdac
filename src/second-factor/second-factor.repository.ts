import { EntityRepository } from '@mikro-orm/mysql'
import type { SecondFactor } from './second-factor.entity.ts'

/** Second factors. Callers hold the lock of the account's row. */
export class SecondFactorRepository extends EntityRepository<SecondFactor> {
  async findOf(userId: string): Promise<SecondFactor | null> {
    return this.findOne({ userId }, { disableIdentityMap: true })
  }

  async change(userId: string, changes: Partial<SecondFactor>): Promise<void> {
    await this.nativeUpdate({ userId }, changes)
  }

  /** In place of an earlier one. */
  async put(factor: SecondFactor): Promise<void> {
    await this.nativeDelete({ userId: factor.userId })
    await this.insert(factor)
  }

  async deleteOf(userId: string): Promise<void> {
    await this.nativeDelete({ userId })
  }
}
