import { raw } from '@mikro-orm/core'
import { EntityRepository } from '@mikro-orm/mysql'
import type { Guard } from './guard.entity.ts'

export class GuardRepository extends EntityRepository<Guard> {
  /**
   * Lets the transaction that called it first end before the next one goes on, on every database. A column changes,
   * since a Galera cluster does not replicate a lock.
   */
  async lock(name: 'administrators'): Promise<void> {
    await this.nativeUpdate({ name }, { turn: raw('turn + 1') })
  }
}
