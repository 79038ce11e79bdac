import { UniqueConstraintViolationException } from '@mikro-orm/core'
import { EntityRepository } from '@mikro-orm/mysql'
import type { SigningKey } from './signing-key.entity.ts'

/** The signing keys. Knows nothing of what is in them. */
export class SigningKeyRepository extends EntityRepository<SigningKey> {
  /** All keys by sequence, retired ones included. Always read afresh. */
  async findInOrder(): Promise<SigningKey[]> {
    return this.find({}, { orderBy: { sequence: 'asc' }, disableIdentityMap: true })
  }

  /** False when a key of this sequence is there already: somebody else was first. */
  async add(key: SigningKey): Promise<boolean> {
    try {
      await this.insert({ ...key })
      return true
    } catch (error) {
      if (error instanceof UniqueConstraintViolationException) return false
      throw error
    }
  }

  /** Sets the end of every earlier key that has none yet. */
  async retireBefore(sequence: number, retiredAt: Date): Promise<void> {
    await this.nativeUpdate({ sequence: { $lt: sequence }, retiredAt: null }, { retiredAt })
  }

  /** Changes the ciphertext, unless somebody else has in the meantime. */
  async replaceEncrypted(id: string, expected: string, replacement: string): Promise<void> {
    await this.nativeUpdate({ id, encryptedPrivateJwk: expected }, { encryptedPrivateJwk: replacement })
  }

  /** How many keys were removed. */
  async deleteRetiredBefore(moment: Date): Promise<number> {
    return this.nativeDelete({ retiredAt: { $lt: moment } })
  }
}
