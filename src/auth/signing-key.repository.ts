import { UniqueConstraintViolationException } from '@mikro-orm/core'
import { EntityRepository } from '@mikro-orm/mysql'
import type { SigningKey } from './signing-key.entity.ts'

export class SigningKeyRepository extends EntityRepository<SigningKey> {
  /** All keys by sequence, retired ones included. */
  async findInOrder(): Promise<SigningKey[]> {
    return this.find({}, { orderBy: { sequence: 'asc' }, disableIdentityMap: true })
  }

  /** False when the sequence is taken: another instance was first. */
  async add(key: SigningKey): Promise<boolean> {
    try {
      await this.insert({ ...key })
      return true
    } catch (error) {
      if (error instanceof UniqueConstraintViolationException) return false
      throw error
    }
  }

  /** Ends every earlier key that has no end yet. */
  async retireBefore(sequence: number, retiredAt: Date): Promise<void> {
    await this.nativeUpdate({ sequence: { $lt: sequence }, retiredAt: null }, { retiredAt })
  }

  /** Ends every earlier key now. */
  async endBefore(sequence: number, now: Date): Promise<void> {
    await this.nativeUpdate(
      { sequence: { $lt: sequence }, $or: [{ retiredAt: null }, { retiredAt: { $gt: now } }] },
      { retiredAt: now },
    )
  }

  /** Changes the ciphertext, unless another instance already has. */
  async replaceEncrypted(id: string, expected: string, replacement: string): Promise<void> {
    await this.nativeUpdate({ id, encryptedPrivateJwk: expected }, { encryptedPrivateJwk: replacement })
  }

  /** Returns how many keys were removed. */
  async deleteRetiredBefore(moment: Date): Promise<number> {
    return this.nativeDelete({ retiredAt: { $lt: moment } })
  }
}
