import { EntityRepository } from '@mikro-orm/mysql'
import type { TableOf } from '../database/rows.ts'
import type { UserTables } from '../users/user.row.ts'
import type { Role } from './role.entity.ts'

interface RoleTables extends UserTables {
  roles: TableOf<Role>
}

export type RoleRow = Pick<Role, 'name' | 'description' | 'permissions'>

/** Roles. Whoever gives, changes or removes one locks all rights first: `EscalationService.lock`. */
export class RoleRepository extends EntityRepository<Role> {
  /** In no order. */
  async findRows(): Promise<RoleRow[]> {
    return this.#tables().selectFrom('roles').select(['name', 'description', 'permissions']).execute()
  }

  async findByNames(names: readonly string[]): Promise<RoleRow[]> {
    if (names.length === 0) return []
    return this.#tables()
      .selectFrom('roles')
      .select(['name', 'description', 'permissions'])
      .where('name', 'in', names)
      .execute()
  }

  async change(name: string, changes: Partial<RoleRow>): Promise<void> {
    await this.nativeUpdate({ name }, changes)
  }

  async remove(name: string): Promise<void> {
    await this.nativeDelete({ name })
  }

  /** How many accounts have each of the roles; those without any are left out. */
  async countUsers(names: readonly string[]): Promise<Map<string, number>> {
    const found = await this.#tables()
      .selectFrom('users')
      .select((eb) => ['role', eb.fn.countAll().as('total')])
      .where('role', 'in', names)
      .groupBy('role')
      .execute()
    return new Map(found.map(({ role, total }) => [role, Number(total)]))
  }

  #tables() {
    return this.em.getKysely<RoleTables>()
  }
}
