import { UniqueConstraintViolationException } from '@mikro-orm/core'
import { EntityRepository } from '@mikro-orm/mysql'
import type { FactorKey } from './factor-key.entity.ts'

export class FactorKeyRepository extends EntityRepository<FactorKey> {
  async findSealed(name: string): Promise<string | null> {
    const found = await this.findOne({ name }, { disableIdentityMap: true })
    return found?.sealedKey ?? null
  }

  /** Does nothing where another instance was first. */
  async addIfMissing(key: FactorKey): Promise<void> {
    try {
      await this.insert(key)
    } catch (error) {
      if (!(error instanceof UniqueConstraintViolationException)) throw error
    }
  }

  /** Does nothing where another instance was first. */
  async replaceSealed(name: string, expected: string, replacement: string): Promise<void> {
    await this.nativeUpdate({ name, sealedKey: expected }, { sealedKey: replacement })
  }
}
