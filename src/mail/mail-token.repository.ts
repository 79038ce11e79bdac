import { EntityRepository } from '@mikro-orm/mysql'
import { isId } from '../database/ids.ts'
import type { TableOf } from '../database/rows.ts'
import type { UserTables } from '../users/user.row.ts'
import type { TokenPurpose } from './mail-kinds.ts'
import type { MailToken } from './mail-token.entity.ts'

interface MailTokenTables {
  mail_tokens: TableOf<MailToken>
}

/** The records of tokens in mails. One that was ended has been removed. */
export class MailTokenRepository extends EntityRepository<MailToken> {
  async findById(id: string): Promise<MailToken | null> {
    return isId(id) ? this.findOne({ id }, { disableIdentityMap: true }) : null
  }

  /** The tokens of an account for one purpose, in their order. Exact while the account's row is locked. */
  async findOrdered(userId: string, purpose: TokenPurpose): Promise<Pick<MailToken, 'id' | 'ordinal'>[]> {
    return this.#table()
      .select(['id', 'ordinal'])
      .where('user_id', '=', userId)
      .where('purpose', '=', purpose)
      .orderBy('ordinal')
      .execute()
  }

  /** Nothing where there is no such account. One statement either way, so that its time tells nothing. */
  async insertFor(token: MailToken): Promise<void> {
    const { id, purpose, userId, email, ordinal, createdAt, expiresAt, usedAt } = token
    await this.em
      .getKysely<MailTokenTables & UserTables>()
      .insertInto('mail_tokens')
      .columns(['id', 'purpose', 'user_id', 'email', 'ordinal', 'created_at', 'expires_at', 'used_at'])
      .expression((eb) =>
        eb
          .selectFrom('users')
          .select([eb.val(id).as('id'), eb.val(purpose).as('purpose'), 'users.id as user_id'])
          .select([eb.val(email).as('email'), eb.val(ordinal).as('ordinal'), eb.val(createdAt).as('created_at')])
          .select([eb.val(expiresAt).as('expires_at'), eb.val(usedAt).as('used_at')])
          .where('users.id', '=', userId),
      )
      .execute()
  }

  /** One conditional update: of several at once one is true. */
  async use(id: string, now: Date): Promise<boolean> {
    return (await this.nativeUpdate({ id, usedAt: null, expiresAt: { $gt: now } }, { usedAt: now })) > 0
  }

  /** One statement for none, too: no id is null, so it reads nothing and locks nothing. */
  async deleteReplaced(ids: readonly string[]): Promise<void> {
    const replaced: (string | null)[] = ids.length > 0 ? [...ids] : [null]
    await this.em
      .getKysely<{ mail_tokens: { id: string | null } }>()
      .deleteFrom('mail_tokens')
      .where('id', 'in', replaced)
      .execute()
  }

  async deleteByIds(ids: readonly string[]): Promise<number> {
    return ids.length === 0 ? 0 : this.nativeDelete({ id: { $in: [...ids] } })
  }

  /** Ids of an account's tokens for these purposes. */
  async findIds(userId: string, purposes: readonly TokenPurpose[]): Promise<string[]> {
    const found = await this.#table()
      .select('id')
      .where('user_id', '=', userId)
      .where('purpose', 'in', purposes)
      .execute()
    return found.map(({ id }) => id)
  }

  /** Removes at most `limit` expired tokens and returns how many. */
  async deleteExpired(now: Date, limit: number): Promise<number> {
    const expired = await this.#table().select('id').where('expires_at', '<=', now).limit(limit).execute()
    return this.deleteByIds(expired.map(({ id }) => id))
  }

  /** A new query each time: one from before a transaction would run outside of it. */
  #table() {
    return this.em.getKysely<MailTokenTables>().selectFrom('mail_tokens')
  }
}
