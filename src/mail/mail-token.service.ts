import type { EntityManager } from '@mikro-orm/core'
import type { Clock } from '../clock.ts'
import { newId } from '../database/ids.ts'
import { transaction } from '../database/transaction.ts'
import { emailKey } from '../users/identity.ts'
import type { UserRepository } from '../users/user.repository.ts'
import type { UserRow } from '../users/user.row.ts'
import { LINKS, type LinkRule, type TokenPurpose } from './mail-kinds.ts'
import type { MailToken } from './mail-token.entity.ts'
import type { MailTokenRepository } from './mail-token.repository.ts'
import type { MailTokens } from './mail-token.ts'

export interface MailTokenDependencies {
  em: EntityManager
  mailTokens: MailTokenRepository
  users: UserRepository
  codec: MailTokens
  clock: Clock
}

/** A token that serves, and the active account that it is for. */
export interface ServingToken {
  token: MailToken
  user: UserRow
}

/** The tokens in mails: each for one purpose and one address. */
export class MailTokenService {
  constructor(private readonly deps: MailTokenDependencies) {}

  /**
   * Makes the record of a token, in the open transaction or one of its own. The token itself is made when the mail is
   * sent. For an unknown account it takes the same statements and makes none. Let an open transaction begin with a write, or it may read the tokens as they were before the lock.
   */
  async issue(purpose: TokenPurpose, userId: string, email: string): Promise<MailToken> {
    const { lifeSeconds, serving }: LinkRule = LINKS[purpose]
    const createdAt = this.deps.clock()
    const expiresAt = new Date(createdAt.getTime() + lifeSeconds * 1000)
    return transaction(this.deps.em, async () => {
      const ordinal = serving === 'all' ? 0 : await this.#takeTurn(purpose, userId, serving)
      const token = { id: newId(), purpose, userId, email, ordinal, createdAt, expiresAt, usedAt: null }
      await this.deps.mailTokens.insertFor(token)
      return token
    })
  }

  /**
   * The record of a token as sent, with its account, while it serves. Null for malformed, unknown, replaced and expired
   * ones, those of another purpose or address, and of accounts that are gone or disabled: one answer for all.
   *
   * A used `verify-email` or `confirm-email-change` is found as well while its address is the account's, with `usedAt`
   * set: scanners open links before their reader does.
   */
  async find(presented: string, ...purposes: readonly TokenPurpose[]): Promise<ServingToken | null> {
    const read = this.deps.codec.read(presented)
    const token = read && (await this.deps.mailTokens.findById(read.id))
    if (!token || !this.deps.codec.isOf(read, token) || !purposes.includes(token.purpose)) return null
    const user = await this.deps.users.findRow(token.userId)
    return user && this.#isServing(token, user) ? { token, user } : null
  }

  /** For the mail that carries it: the record, while its token would serve. */
  async findServing(id: string, user: UserRow): Promise<MailToken | null> {
    const token = await this.deps.mailTokens.findById(id)
    return token && token.usedAt === null && this.#isServing(token, user) ? token : null
  }

  /** Uses a token, in the open transaction. False where it was used, replaced or ended since: another was first. */
  async use({ id }: MailToken): Promise<boolean> {
    return this.deps.mailTokens.use(id, this.deps.clock())
  }

  /** Ends an account's tokens for these purposes, in the open transaction. */
  async end(userId: string, ...purposes: readonly TokenPurpose[]): Promise<void> {
    const { mailTokens } = this.deps
    await mailTokens.deleteByIds(await mailTokens.findIds(userId, purposes))
  }

  /** Ends the tokens of the same account and purpose that are younger. Lock the account's row before. */
  async endYounger({ userId, purpose, ordinal }: MailToken): Promise<void> {
    const { mailTokens } = this.deps
    const all = await mailTokens.findOrdered(userId, purpose)
    await mailTokens.deleteByIds(all.filter((other) => other.ordinal > ordinal).map(({ id }) => id))
  }

  /** The next ordinal. Locks the account's row first, so that of two at once one is the newer. */
  async #takeTurn(purpose: TokenPurpose, userId: string, serving: LinkRule['serving']): Promise<number> {
    const { mailTokens, users } = this.deps
    await users.lock(userId)
    const before = await mailTokens.findOrdered(userId, purpose)
    if (serving === 'newest') await mailTokens.deleteReplaced(before.map(({ id }) => id))
    return (before.at(-1)?.ordinal ?? 0) + 1
  }

  #isServing({ purpose, email, usedAt, expiresAt }: MailToken, user: UserRow): boolean {
    if (!user.isActive || expiresAt <= this.deps.clock()) return false
    const isPresent = emailKey(email) === emailKey(user.email)
    if (purpose === 'verify-email') return isPresent
    if (purpose === 'confirm-email-change' && usedAt) return isPresent
    if (purpose === 'confirm-email-change')
      return user.pendingEmail !== null && emailKey(email) === emailKey(user.pendingEmail)
    return usedAt === null && (purpose === 'email-changed' || isPresent)
  }
}
