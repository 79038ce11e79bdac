import { RateLimitedError, RefreshTokenInvalidError, RefreshTokenReusedError } from '../errors.ts'
import { AddressLimit } from '../rate-limit/address-limit.ts'
import type { RateLimits } from '../rate-limit/rate-limits.ts'
import { emailKey } from '../users/identity.ts'

/** Accounts that one address may open. */
export const SIGN_UPS = { limit: 10, seconds: 3600 }
/** Refreshes of one session, and refused refresh tokens of one address. */
export const REFRESHES = { limit: 60, seconds: 60 }

/** Mails that ask to confirm a pending address: of one account, and to one address. */
const CHANGE_MAILS = { ofUser: 5, toTarget: 3, seconds: 3600 }
/** Mails with a link that sets a password, to one address. */
const RESET_MAILS = { limit: 3, seconds: 3600 }

/** The limits that depend on what becomes of a call. Others are @rateLimit's and the login guard's. */
export class ClientLimits {
  private readonly signUps: AddressLimit
  private readonly refusedTokens: AddressLimit

  constructor(private readonly limits: RateLimits) {
    this.signUps = new AddressLimit(limits, 'register', SIGN_UPS)
    this.refusedTokens = new AddressLimit(limits, 'refused', REFRESHES)
  }

  /**
   * Counts a mail to an address that is to become the one of an account. One that is refused counts for neither.
   * @throws RateLimitedError
   */
  async countChangeMail(userId: string, target: string): Promise<void> {
    const { ofUser, toTarget, seconds } = CHANGE_MAILS
    const key = emailKey(target)
    await this.limits.check('change-mails-of', userId, ofUser, seconds)
    await this.limits.consume('change-mails-to', key, toTarget, seconds)
    await this.limits.consume('change-mails-of', userId, ofUser, seconds)
  }

  /** Counts a link that was asked for, whether there is such an account or not. @param key the canonical address */
  async isResetMailInLimit(key: string): Promise<boolean> {
    try {
      await this.limits.consume('reset-mails', key, RESET_MAILS.limit, RESET_MAILS.seconds)
      return true
    } catch (error) {
      if (error instanceof RateLimitedError) return false
      throw error
    }
  }

  /**
   * Counts a sign-up once its input is found good, and before its hash: ten refused forms must not block an address.
   * @throws RateLimitedError, before the input is looked at where the limit is used up; what `validate` throws
   */
  async countSignUp(address: string, validate: () => void): Promise<void> {
    await this.signUps.check(address)
    validate()
    await this.signUps.consume(address)
  }

  /**
   * Counts a refresh token that is refused. A good one passes whatever was counted, so that an office behind one
   * address is not signed out.
   * @throws RateLimitedError in place of the refusal where the limit is used up
   */
  async countRefused<T>(address: string, refresh: () => Promise<T>): Promise<T> {
    try {
      return await refresh()
    } catch (error) {
      const isRefused = error instanceof RefreshTokenInvalidError || error instanceof RefreshTokenReusedError
      if (isRefused) await this.refusedTokens.consume(address)
      throw error
    }
  }
}
