import { raw } from '@mikro-orm/core'
import { EntityRepository } from '@mikro-orm/mysql'
import type { Guard } from './guard.entity.ts'

export class GuardRepository extends EntityRepository<Guard> {
  /**
   * Locks the row until the transaction ends. A column changes, because Galera clusters replicate changes, not locks.
   */
  async lock(name: 'administrators'): Promise<void> {
    await this.nativeUpdate({ name }, { turn: raw('turn + 1') })
  }

  /** Changes no row, but is refused where the server refuses writes. */
  async tryWrite(): Promise<void> {
    await this.nativeUpdate({ name: '' }, { turn: 0 })
  }
}
