import type { Logger } from 'pino'
import { ActivityAction } from '../activity/actions.ts'
import type { ActivityService } from '../activity/activity.service.ts'
import type { Clock } from '../clock.ts'
import { RateLimitedError, SecondFactorInvalidError } from '../errors.ts'
import type { MailService } from '../mail/mail.service.ts'
import type { UserRow } from '../users/user.row.ts'
import type { FactorKeys } from './factor-keys.ts'
import { secondsToWait, withFailure } from './guesses.ts'
import type { RecoveryCodeRepository } from './recovery-code.repository.ts'
import { canonicalRecoveryCode } from './recovery-codes.ts'
import type { SecondFactor } from './second-factor.entity.ts'
import type { SecondFactorRepository } from './second-factor.repository.ts'
import { stepOf } from './totp.ts'

/** What a client gives as second factor: exactly one of the two. */
export interface GivenFactor {
  code?: string | null
  recoveryCode?: string | null
}

export interface FactorCheckDependencies {
  secondFactors: SecondFactorRepository
  recoveryCodes: RecoveryCodeRepository
  activity: ActivityService
  factorKeys: FactorKeys
  mail: MailService
  clock: Clock
  log: Logger
  /** RATE_LIMIT_FACTOR */
  limitFactor: number
}

/** Failed codes in 15 minutes. Recovery codes count apart, so that guessing does not keep the owner out. */
const CODE_FAILURES = 5
const RECOVERY_FAILURES = 20

/** The code used last that comes again this soon is a double click, and no guess. */
const DOUBLE_CLICK_MS = 30_000

/** Checks the second factor of who signs in or authenticates again. */
export class FactorCheckService {
  constructor(private readonly deps: FactorCheckDependencies) {}

  /**
   * Accepts each code once (ASVS 6.5.1) and counts those that fail (ASVS 6.6.3). Call it in a transaction that holds the
   * lock of the account's row, so that all instances decide one after the other.
   *
   * @param actorId who is recorded as the actor of a failure; null before the sign-in
   * @returns null, or the error to throw once the transaction has committed the count
   * @throws RateLimitedError
   */
  async check(
    user: Pick<UserRow, 'id' | 'email'>,
    { code, recoveryCode }: GivenFactor,
    actorId: string | null,
  ): Promise<SecondFactorInvalidError | null> {
    const { secondFactors, activity } = this.deps
    const factor = await secondFactors.findOf(user.id)
    const isRight =
      factor !== null &&
      (typeof code === 'string'
        ? await this.#useCode(factor, code)
        : await this.#useRecoveryCode(user, factor, recoveryCode ?? ''))
    if (isRight) return null
    await activity.record({ action: ActivityAction.SECOND_FACTOR_FAILED, userId: user.id, actorId })
    return new SecondFactorInvalidError()
  }

  async #useCode(factor: SecondFactor, code: string): Promise<boolean> {
    const { secondFactors, clock } = this.deps
    const now = clock()
    const guesses = { failures: factor.codeFailures, since: factor.codeFailuresSince }
    this.#assertMayGuess(guesses, CODE_FAILURES, now)
    const step = this.#stepOf(factor, code, now)
    if (step !== null && (factor.lastStep === null || step > factor.lastStep)) {
      await secondFactors.change(factor.userId, { lastStep: step, lastUsedAt: now })
      return true
    }
    if (step !== null && step === factor.lastStep && wasJustUsed(factor, now)) return false
    const { failures, since } = withFailure(guesses, now)
    await secondFactors.change(factor.userId, { codeFailures: failures, codeFailuresSince: since })
    return false
  }

  async #useRecoveryCode(user: Pick<UserRow, 'id' | 'email'>, factor: SecondFactor, code: string): Promise<boolean> {
    const { secondFactors, recoveryCodes, activity, factorKeys, mail, clock } = this.deps
    const { id: userId } = user
    const now = clock()
    const guesses = { failures: factor.recoveryFailures, since: factor.recoveryFailuresSince }
    this.#assertMayGuess(guesses, RECOVERY_FAILURES, now)
    if (await recoveryCodes.use(userId, factorKeys.hashCode(userId, canonicalRecoveryCode(code)))) {
      await activity.record({ action: ActivityAction.RECOVERY_CODE_USED, userId, actorId: userId })
      await mail.send('recovery-code-used', user)
      return true
    }
    const { failures, since } = withFailure(guesses, now)
    await secondFactors.change(userId, { recoveryFailures: failures, recoveryFailuresSince: since })
    return false
  }

  #assertMayGuess(guesses: Parameters<typeof secondsToWait>[0], limit: number, now: Date): void {
    const seconds = secondsToWait(guesses, Math.max(1, Math.round(limit * this.deps.limitFactor)), now)
    if (seconds !== null) throw new RateLimitedError(seconds)
  }

  #stepOf({ userId, sealedSecret }: SecondFactor, code: string, now: Date): number | null {
    const secret = this.deps.factorKeys.openSecret(userId, sealedSecret)
    if (!secret) this.deps.log.warn('The secret of a second factor cannot be read, so that its codes are refused')
    return secret && stepOf(secret, code, now)
  }
}

function wasJustUsed({ lastUsedAt }: SecondFactor, now: Date): boolean {
  return lastUsedAt !== null && Math.abs(now.getTime() - lastUsedAt.getTime()) < DOUBLE_CLICK_MS
}
