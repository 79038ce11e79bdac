import { raw } from '@mikro-orm/core'
import { EntityRepository } from '@mikro-orm/mysql'
import { isId } from '../database/ids.ts'
import { countRows, type Direction, pageOf } from '../database/keyset.ts'
import { columnsOf } from '../database/rows.ts'
import type { Page } from '../pagination/page.ts'
import type { User } from './user.entity.ts'
import { toUserRow, USER_COLUMNS, type UserRow, type UserTables, type UserWithHash } from './user.row.ts'
import { matchesNothing, type UserCriteria, whereOf } from './user-criteria.ts'

export interface UserSorting {
  key: 'createdAt' | 'usernameKey' | 'emailKey'
  direction: Direction
}

/** Both canonical. */
interface UniqueKeys {
  usernameKey: string
  emailKey: string
}

/** What is unique about an account. */
export type AccountKeys = Pick<User, 'id' | 'usernameKey' | 'emailKey'>

const COLUMNS_WITH_HASH = [...USER_COLUMNS, 'password_hash as passwordHash'] as const
/** What decides about a login. */
type CheckedAccount = Pick<User, 'id' | 'passwordHash' | 'totpEnabledAt'>

const ORDER = {
  createdAt: { column: 'created_at' },
  usernameKey: { column: 'username_key', isUnique: true },
  emailKey: { column: 'email_key', isUnique: true },
} as const

/** Accounts. The methods named after the hash return it, and no others. */
export class UserRepository extends EntityRepository<User> {
  /** The entity, for changes. */
  async findById(id: string): Promise<User | null> {
    return isId(id) ? this.findOne({ id }) : null
  }

  async findRow(id: string): Promise<UserRow | null> {
    const [found] = await this.findRows([id])
    return found ?? null
  }

  async findRows(ids: readonly string[]): Promise<UserRow[]> {
    const known = ids.filter(isId)
    if (known.length === 0) return []
    const found = await this.#table().select(USER_COLUMNS).where('id', 'in', known).execute()
    return found.map(toUserRow)
  }

  /** For logins, by the canonical key of a username or an e-mail address. Only the latter contains an `@`. */
  async findByIdentifierKeyWithHash(key: string): Promise<UserWithHash | null> {
    const found = await this.#table()
      .select(COLUMNS_WITH_HASH)
      .where(key.includes('@') ? 'email_key' : 'username_key', '=', key)
      .executeTakeFirst()
    return found ? toUserRow(found) : null
  }

  /** @param key the canonical spelling of an e-mail address */
  async findRowByEmailKey(key: string): Promise<UserRow | null> {
    const found = await this.#table().select(USER_COLUMNS).where('email_key', '=', key).executeTakeFirst()
    return found ? toUserRow(found) : null
  }

  /** For changes that require the current password. */
  async findPasswordHash(id: string): Promise<string | null> {
    const found = await this.findOne({ id }, { fields: ['passwordHash'], disableIdentityMap: true })
    return found?.passwordHash ?? null
  }

  async findPage(criteria: UserCriteria, { key, direction }: UserSorting, page: Page): Promise<UserRow[]> {
    if (matchesNothing(criteria)) return []
    const list = this.#table().select(USER_COLUMNS).where(whereOf(criteria))
    const found = await pageOf(list, { ...ORDER[key], direction }, page).execute()
    return found.map(toUserRow)
  }

  /** Counts on to one row beyond where total counts stop. */
  async countRows(criteria: UserCriteria): Promise<number> {
    if (matchesNothing(criteria)) return 0
    return countRows(this.em.getKysely<UserTables>(), this.#table().where(whereOf(criteria)))
  }

  /** Which of the two another account than the given one has. */
  async findTaken(keys: UniqueKeys, byOtherThan?: string): Promise<('username' | 'email')[]> {
    const { usernameKey, emailKey } = keys
    const found = await this.find(
      { $or: [{ usernameKey }, { emailKey }] },
      { fields: ['id', 'usernameKey', 'emailKey'], disableIdentityMap: true },
    )
    const others = found.filter(({ id }) => id !== byOtherThan)
    return [
      ...(others.some((user) => user.usernameKey === usernameKey) ? (['username'] as const) : []),
      ...(others.some((user) => user.emailKey === emailKey) ? (['email'] as const) : []),
    ]
  }

  /** The accounts that have any of the ids or keys. One part for each index: MariaDB scans the table for an OR. */
  async findOwners(wanted: readonly (UniqueKeys & { id?: string })[]): Promise<AccountKeys[]> {
    const ids = wanted.flatMap(({ id }) => id ?? [])
    const having = (column: 'id' | 'username_key' | 'email_key', values: string[]) =>
      this.#table()
        .select(columnsOf(['id', 'usernameKey', 'emailKey']))
        .where(column, 'in', values)
    const byNames = having(
      'username_key',
      wanted.map(({ usernameKey }) => usernameKey),
    ).union(
      having(
        'email_key',
        wanted.map(({ emailKey }) => emailKey),
      ),
    )
    return (ids.length === 0 ? byNames : byNames.union(having('id', ids))).execute()
  }

  /** For imports, which compare. */
  async findRowsWithHash(ids: readonly string[]): Promise<UserWithHash[]> {
    if (ids.length === 0) return []
    const found = await this.#table().select(COLUMNS_WITH_HASH).where('id', 'in', ids).execute()
    return found.map(toUserRow)
  }

  /** Accounts with their hash in the order of their ids, for exports. */
  async findRowsWithHashAfter(afterId: string, limit: number): Promise<UserWithHash[]> {
    const found = await this.#table()
      .select(COLUMNS_WITH_HASH)
      .where('id', '>', afterId)
      .orderBy('id')
      .limit(limit)
      .execute()
    return found.map(toUserRow)
  }

  async isEmpty(): Promise<boolean> {
    return (await this.#table().select('id').limit(1).executeTakeFirst()) === undefined
  }

  async hasActiveAdministrator(): Promise<boolean> {
    const found = await this.#table()
      .select('id')
      .where('role', '=', 'admin')
      .where('is_active', '=', true)
      .limit(1)
      .executeTakeFirst()
    return found !== undefined
  }

  async findIdsOfRole(role: string, limit: number): Promise<string[]> {
    const found = await this.#table().select('id').where('role', '=', role).limit(limit).execute()
    return found.map(({ id }) => id)
  }

  async changeRole(ids: readonly string[], role: string, updatedAt: Date): Promise<void> {
    if (ids.length > 0) await this.nativeUpdate({ id: { $in: [...ids] } }, { role, updatedAt })
  }

  /** The roles that accounts have, each once. */
  async findRoles(): Promise<string[]> {
    const found = await this.#table().select('role').distinct().execute()
    return found.map(({ role }) => role)
  }

  /**
   * Locks an account's row until the transaction ends; false when there is none. An update, because SQLite has no
   * SELECT FOR UPDATE, and locks out other writers only for a transaction that begins with a write.
   */
  async lock(id: string): Promise<boolean> {
    return isId(id) && (await this.nativeUpdate({ id }, { turn: raw('turn + 1') })) > 0
  }

  /** Like `lock`, for an account whose password has not changed since it was checked. */
  async lockIfHash(id: string, passwordHash: string): Promise<boolean> {
    return (await this.nativeUpdate({ id, passwordHash }, { turn: raw('turn + 1') })) > 0
  }

  /** Like `lock`, for an account that is as it was when a login checked its password. */
  async lockUnchanged(user: CheckedAccount): Promise<boolean> {
    return (await this.nativeUpdate(unchanged(user), { turn: raw('turn + 1') })) > 0
  }

  /** False when the account is gone, or its password has changed. */
  async updateIfHash(id: string, passwordHash: string, changes: Partial<User>): Promise<boolean> {
    return (await this.nativeUpdate({ id, passwordHash }, changes)) > 0
  }

  /**
   * Records a login if the account is as it was when its password was checked: active, with this hash, and with or
   * without a second factor. Locks the row until the transaction ends.
   */
  async touchLastLogin(user: CheckedAccount, changes: Pick<User, 'lastLoginAt' | 'passwordHash'>): Promise<boolean> {
    return (await this.nativeUpdate(unchanged(user), changes)) > 0
  }

  /** A new query each time: one from before a transaction would run outside of it. */
  #table() {
    return this.em.getKysely<UserTables>().selectFrom('users')
  }
}

function unchanged({ id, passwordHash, totpEnabledAt }: CheckedAccount) {
  return { id, passwordHash, isActive: true, totpEnabledAt: totpEnabledAt === null ? null : { $ne: null } }
}
