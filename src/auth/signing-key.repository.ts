import { UniqueConstraintViolationException } from '@mikro-orm/core'
import type { SqlEntityManager } from '@mikro-orm/mysql'
import { SigningKey } from './signing-key.entity.ts'

/** The rows of the signing keys. Knows nothing of what is in them. */
export class SigningKeyRepository {
  readonly #em: SqlEntityManager

  constructor(em: SqlEntityManager) {
    this.#em = em
  }

  /** All keys by sequence, retired ones included. Always read afresh. */
  async findAll(): Promise<SigningKey[]> {
    return this.#em.find(SigningKey, {}, { orderBy: { sequence: 'asc' }, disableIdentityMap: true })
  }

  /** False when a key of this sequence is there already: somebody else was first. */
  async insert(key: SigningKey): Promise<boolean> {
    try {
      await this.#em.insert(SigningKey, { ...key })
      return true
    } catch (error) {
      if (error instanceof UniqueConstraintViolationException) return false
      throw error
    }
  }

  /** Sets the end of every earlier key that has none yet. */
  async retireBefore(sequence: number, retiredAt: Date): Promise<void> {
    await this.#em.nativeUpdate(SigningKey, { sequence: { $lt: sequence }, retiredAt: null }, { retiredAt })
  }

  /** Changes the ciphertext, unless somebody else has in the meantime. */
  async replaceEncrypted(id: string, expected: string, replacement: string): Promise<void> {
    await this.#em.nativeUpdate(SigningKey, { id, encryptedPrivateJwk: expected }, { encryptedPrivateJwk: replacement })
  }

  /** How many keys were removed. */
  async deleteRetiredBefore(moment: Date): Promise<number> {
    return this.#em.nativeDelete(SigningKey, { retiredAt: { $lt: moment } })
  }
}
