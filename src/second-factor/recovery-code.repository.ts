import { EntityRepository } from '@mikro-orm/mysql'
import type { TableOf } from '../database/rows.ts'
import type { RecoveryCode } from './recovery-code.entity.ts'

interface RecoveryCodeTables {
  recovery_codes: TableOf<RecoveryCode>
}

export class RecoveryCodeRepository extends EntityRepository<RecoveryCode> {
  /** False for an unknown or used one: of two uses at once one removes the row. */
  async use(userId: string, hash: string): Promise<boolean> {
    return (await this.nativeDelete({ hash, userId })) > 0
  }

  async replaceAll(userId: string, hashes: readonly string[]): Promise<void> {
    await this.deleteOf(userId)
    await this.insertMany(hashes.map((hash) => ({ hash, userId })))
  }

  async deleteOf(userId: string): Promise<void> {
    await this.nativeDelete({ userId })
  }

  /** How many each account has; accounts without any are left out. */
  async countByUsers(userIds: readonly string[]): Promise<Map<string, number>> {
    const found = await this.em
      .getKysely<RecoveryCodeTables>()
      .selectFrom('recovery_codes')
      .select((eb) => ['user_id as userId', eb.fn.countAll().as('total')])
      .where('user_id', 'in', userIds)
      .groupBy('user_id')
      .execute()
    return new Map(found.map(({ userId, total }) => [userId, Number(total)]))
  }
}
