import { EntityRepository } from '@mikro-orm/mysql'
import { isId } from '../database/ids.ts'
import type { TableOf } from '../database/rows.ts'
import type { ApiKey } from './api-key.entity.ts'
import {
  API_KEY_COLUMNS,
  type ApiKeyRow,
  type ApiKeyWithUser,
  type ApiKeyWithUserRow,
  toApiKeyRow,
  toApiKeyWithUser,
} from './api-key.row.ts'

interface ApiKeyTables {
  api_keys: TableOf<ApiKey>
}

/** @param condition on the key, `k` */
const findGoodWithUser = (condition: string) => `
  select k.id as keyId, k.name as keyName, k.hash, k.hint, k.permissions as keyPermissions, k.created_at as keyCreatedAt,
    k.expires_at as expiresAt, k.last_used_at as lastUsedAt,
    u.id, u.username, u.email, u.display_name as displayName, u.role, u.is_active as isActive,
    u.created_at as createdAt, u.updated_at as updatedAt, u.last_login_at as lastLoginAt,
    u.email_verified_at as emailVerifiedAt, u.pending_email as pendingEmail, u.totp_enabled_at as totpEnabledAt,
    r.permissions as rolePermissions
  from api_keys as k join users as u on u.id = k.user_id left join roles as r on r.name = u.role
  where ${condition} and k.expires_at > ?`

const FIND_BY_HASH = findGoodWithUser('k.hash in (?, ?)')
const FIND_BY_ID = findGoodWithUser('k.id = ?')

/** API keys. A good one is there and has not expired. */
export class ApiKeyRepository extends EntityRepository<ApiKey> {
  /**
   * A good key with its owner, disabled ones included, in one statement. SQL text, as that of a session: each request by
   * a key runs it.
   * @param hashes by the current and the previous secret; the same twice without a previous one
   */
  async findGoodByHash(hashes: readonly [string, string], now: Date): Promise<ApiKeyWithUser | null> {
    const [row] = await this.em.execute<ApiKeyWithUserRow[]>(FIND_BY_HASH, [...hashes, now])
    return row ? toApiKeyWithUser(row) : null
  }

  /** The same by the id, to look again within a transaction. */
  async findGoodById(id: string, now: Date): Promise<ApiKeyWithUser | null> {
    const [row] = await this.em.execute<ApiKeyWithUserRow[]>(FIND_BY_ID, [id, now])
    return row ? toApiKeyWithUser(row) : null
  }

  /** Good keys of several accounts, newest first. */
  async findGoodByUsers(userIds: readonly string[], now: Date): Promise<ApiKeyRow[]> {
    if (userIds.length === 0) return []
    const found = await this.#table()
      .select(API_KEY_COLUMNS)
      .where('user_id', 'in', userIds)
      .where('expires_at', '>', now)
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .execute()
    return found.map(toApiKeyRow)
  }

  /** Removes an account's own key. False where there is none. */
  async deleteOf(userId: string, id: string): Promise<boolean> {
    return isId(id) && (await this.nativeDelete({ id, userId })) > 0
  }

  /** Removes the keys of an account, or those made at a moment and later. */
  async deleteByUser(userId: string, since?: Date): Promise<void> {
    await this.nativeDelete(since === undefined ? { userId } : { userId, createdAt: { $gte: since } })
  }

  /** Removes at most `limit` expired keys and returns how many. */
  async deleteExpired(before: Date, limit: number): Promise<number> {
    const found = await this.#table().select('id').where('expires_at', '<=', before).limit(limit).execute()
    return this.#deleteByIds(found)
  }

  /** Removes at most `limit` keys, good ones too, and returns how many. */
  async deleteAny(limit: number): Promise<number> {
    return this.#deleteByIds(await this.#table().select('id').limit(limit).execute())
  }

  async #deleteByIds(found: readonly { id: string }[]): Promise<number> {
    return found.length === 0 ? 0 : this.nativeDelete({ id: { $in: found.map(({ id }) => id) } })
  }

  /** A new query each time: one from before a transaction would run outside of it. */
  #table() {
    return this.em.getKysely<ApiKeyTables>().selectFrom('api_keys')
  }
}
