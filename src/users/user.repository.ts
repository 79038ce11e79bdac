import type { RoleName } from '../authorization/permissions.ts'
import { AskedFields } from '../database/asked-fields.ts'
import { Conditions } from '../database/conditions.ts'
import type { Database } from '../database/database.ts'
import { isId } from '../database/ids.ts'
import { type Direction, keyset } from '../database/keyset.ts'
import type { Stored } from '../database/row-values.ts'
import { columnList, columnOf } from '../database/tables.ts'
import type { Page } from '../pagination/page.ts'
import { USER_PROPERTIES, type User, type UserRow, type UserWithHash } from './user.entity.ts'
import { conditionsOf, matchesNothing, type UserCriteria } from './user-criteria.ts'

const FIND = `select ${columnList({ properties: USER_PROPERTIES })} from users where id = ?`
const FIND_WITH_HASH = `select ${columnList({ properties: [...USER_PROPERTIES, 'passwordHash'] })} from users where`

/** With what lists are ordered by. */
export type ListedUser = UserRow & Pick<Stored<User>, UserSorting['key']>

export interface UserSorting {
  key: 'createdAt' | 'usernameKey' | 'emailKey'
  direction: Direction
}

export type UserChanges = Partial<Omit<User, 'id' | 'createdAt'>>

/** Accounts in the database. The hash leaves it only through the two methods that say so. */
export class UserRepository {
  /** @param asked limits the columns of lists */
  constructor(
    private readonly database: Database,
    private readonly asked = new AskedFields(),
  ) {}

  async findById(id: string): Promise<UserRow | null> {
    if (!isId(id)) return null
    const [found] = await this.database.read<UserRow>(FIND, [id])
    return found ?? null
  }

  /** Without columns that are not asked for. */
  async findByIds(ids: readonly string[]): Promise<UserRow[]> {
    const known = ids.filter(isId)
    if (known.length === 0) return []
    const { text, values } = new Conditions().addIn('id', known)
    return this.database.read<UserRow>(`select ${this.#asked('id')} from users${text}`, values)
  }

  /** With the hash, for signing in. */
  async findByKeyWithHash(column: 'usernameKey' | 'emailKey', key: string): Promise<UserWithHash | null> {
    const [found] = await this.database.read<UserWithHash>(`${FIND_WITH_HASH} ${columnOf(column)} = ?`, [key])
    return found ?? null
  }

  /** The hash alone, for a change that asks for the current password. */
  async findPasswordHash(id: string): Promise<string | null> {
    const found = await this.database.rows
      .selectFrom('users')
      .select('password_hash')
      .where('id', '=', id)
      .executeTakeFirst()
    return found?.password_hash ?? null
  }

  /**
   * Locks an account's row until the transaction ends; false where there is none. A write, not SELECT FOR UPDATE:
   * SQLite has none, and there a transaction that will write has to begin with a write.
   */
  async lock(id: string): Promise<boolean> {
    if (!isId(id)) return false
    const result = await this.database.rows
      .updateTable('users')
      .set((eb) => ({ id: eb.ref('id') }))
      .where('id', '=', id)
      .executeTakeFirst()
    return result.numUpdatedRows > 0n
  }

  /** Without columns that are not asked for, but always with what the list is ordered by. */
  async findPage(criteria: UserCriteria, sorting: UserSorting, page: Page): Promise<ListedUser[]> {
    if (matchesNothing(criteria)) return []
    const conditions = conditionsOf(criteria)
    const key = { column: columnOf(sorting.key), isUnique: sorting.key !== 'createdAt' }
    const order = keyset(conditions, key, sorting.direction, page)
    const text = `select ${this.#asked('id', sorting.key)} from users${conditions.text}${order}`
    return this.database.read<ListedUser>(text, conditions.values)
  }

  async count(criteria: UserCriteria): Promise<number> {
    if (matchesNothing(criteria)) return 0
    const { text, values } = conditionsOf(criteria)
    return this.database.count(`from users${text}`, values)
  }

  /** Whether another account than the given one has the name. */
  async isUsernameTaken(usernameKey: string, byOtherThan?: string): Promise<boolean> {
    const found = await this.database.rows
      .selectFrom('users')
      .select('id')
      .where('username_key', '=', usernameKey)
      .executeTakeFirst()
    return found !== undefined && found.id !== byOtherThan
  }

  async isEmpty(): Promise<boolean> {
    return (await this.database.rows.selectFrom('users').select('id').limit(1).executeTakeFirst()) === undefined
  }

  async insert(user: User): Promise<void> {
    await this.database.insert('users', [user])
  }

  /** False where there is no such account. */
  async update(id: string, changes: UserChanges): Promise<boolean> {
    return (await this.database.update('users', changes, { id })) > 0
  }

  /** As `update`, if the password still is the one that was checked. */
  async updateIfHash(id: string, passwordHash: string, changes: UserChanges): Promise<boolean> {
    return (await this.database.update('users', changes, { id, passwordHash })) > 0
  }

  /**
   * Notes a sign-in, if the account still is as it was when the password was checked: active, with this hash.
   * Locks the row until the transaction ends.
   */
  async touchLastLogin(
    id: string,
    passwordHash: string,
    changes: Pick<User, 'lastLoginAt' | 'passwordHash'>,
  ): Promise<boolean> {
    return (await this.database.update('users', changes, { id, isActive: true, passwordHash })) > 0
  }

  async delete(id: string): Promise<boolean> {
    const result = await this.database.rows.deleteFrom('users').where('id', '=', id).executeTakeFirst()
    return result.numDeletedRows > 0n
  }

  /** Whoever may remove an administrator comes through here first: one after the other, on every database. */
  async lockAdministrators(): Promise<void> {
    await this.database.rows
      .updateTable('guards')
      .set((eb) => ({ turn: eb('turn', '+', 1) }))
      .where('name', '=', 'administrators')
      .execute()
  }

  /** Reads inside the lock, so a repeatable read cannot show it the past. */
  async countActive(role: RoleName): Promise<number> {
    return this.count({ role, isActive: true })
  }

  #asked(...always: (keyof ListedUser)[]): string {
    return columnList({ properties: [...new Set([...always, ...this.asked.among(USER_PROPERTIES)])] })
  }
}
