import { RefreshTokenInvalidError, RefreshTokenReusedError } from '../errors.ts'
import { AddressLimit } from '../rate-limit/address-limit.ts'
import type { RateLimits } from '../rate-limit/rate-limits.ts'

/** Accounts that one address may open. */
export const SIGN_UPS = { limit: 10, seconds: 3600 }
/** Refreshes of one session, and refused refresh tokens of one address. */
export const REFRESHES = { limit: 60, seconds: 60 }

/** The limits that depend on what becomes of a call. Others are @rateLimit's and the login guard's. */
export class ClientLimits {
  private readonly signUps: AddressLimit
  private readonly refusedTokens: AddressLimit

  constructor(limits: RateLimits) {
    this.signUps = new AddressLimit(limits, 'register', SIGN_UPS)
    this.refusedTokens = new AddressLimit(limits, 'refused', REFRESHES)
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
