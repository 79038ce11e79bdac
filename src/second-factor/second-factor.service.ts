import type { EntityManager } from '@mikro-orm/core'
import { ActivityAction } from '../activity/actions.ts'
import type { ActivityService } from '../activity/activity.service.ts'
import type { EscalationService } from '../authorization/escalation.service.ts'
import { Permission } from '../authorization/permissions.ts'
import type { SessionViewer } from '../authorization/viewer.ts'
import type { Clock } from '../clock.ts'
import { transaction } from '../database/transaction.ts'
import {
  ConflictError,
  ForbiddenError,
  NotFoundError,
  SecondFactorInvalidError,
  UnauthenticatedError,
} from '../errors.ts'
import type { MailService } from '../mail/mail.service.ts'
import type { SessionRepository } from '../sessions/session.repository.ts'
import type { UserRepository } from '../users/user.repository.ts'
import type { UserRow } from '../users/user.row.ts'
import type { FactorKeys } from './factor-keys.ts'
import type { RecoveryCodeRepository } from './recovery-code.repository.ts'
import { canonicalRecoveryCode, newRecoveryCodes } from './recovery-codes.ts'
import type { SecondFactor } from './second-factor.entity.ts'
import type { SecondFactorRepository } from './second-factor.repository.ts'
import { newTotpSecret, stepOf, toBase32, totpUri } from './totp.ts'

export interface SecondFactorDependencies {
  em: EntityManager
  users: UserRepository
  sessions: SessionRepository
  secondFactors: SecondFactorRepository
  recoveryCodes: RecoveryCodeRepository
  activity: ActivityService
  escalation: EscalationService
  factorKeys: FactorKeys
  mail: MailService
  clock: Clock
  /** JWT_ISSUER: what apps show beside the username. */
  issuer: string
}

/** A set-up that `confirm` ends. */
export interface TotpSetUp {
  /** Base32. */
  secret: string
  /** `otpauth://totp/…` */
  uri: string
  expiresAt: Date
}

/** The account, and codes that cannot be read again. */
export interface NewRecoveryCodes {
  recoveryCodes: string[]
  user: UserRow
}

const SET_UP_MS = 600_000

/** Turns the second factor of an account on and off. Its use: `factor-check.service.ts`. */
export class SecondFactorService {
  constructor(private readonly deps: SecondFactorDependencies) {}

  /** Replaces an earlier set-up. @throws ConflictError where the second factor is on */
  async start(viewer: SessionViewer): Promise<TotpSetUp> {
    const { em, secondFactors, factorKeys, clock, issuer } = this.deps
    const { id, username } = viewer.user
    const secret = newTotpSecret()
    const expiresAt = new Date(clock().getTime() + SET_UP_MS)
    await transaction(em, async () => {
      await this.#lockWithout(viewer)
      await secondFactors.put(newFactor(id, factorKeys.sealSecret(id, secret), expiresAt))
    })
    return { secret: toBase32(secret), uri: totpUri(secret, issuer, username), expiresAt }
  }

  /**
   * Turns the second factor on by a code of the app. Other sessions go on; this one has given the second factor.
   * @throws ConflictError where it is on, NotFoundError without a set-up that still serves, SecondFactorInvalidError
   */
  async confirm(viewer: SessionViewer, code: string): Promise<NewRecoveryCodes> {
    const { em, users, sessions, secondFactors, mail, clock } = this.deps
    const { id } = viewer.user
    return transaction(em, async () => {
      const user = await this.#lockWithout(viewer)
      const now = clock()
      const lastStep = await this.#stepOfSetUp(id, code, now)
      await secondFactors.change(id, { setUpEndsAt: null, lastStep, lastUsedAt: now })
      const changes = { totpEnabledAt: now, updatedAt: now }
      await users.nativeUpdate({ id }, changes)
      await sessions.nativeUpdate({ id: viewer.session.id }, { hasSecondFactor: true })
      await this.#record(ActivityAction.SECOND_FACTOR_ADDED, id, viewer)
      await mail.send('second-factor-added', user)
      return { recoveryCodes: await this.#replaceCodes(id), user: { ...user, ...changes } }
    })
  }

  /** @throws NotFoundError where it is off */
  async remove(viewer: SessionViewer): Promise<UserRow> {
    return transaction(this.deps.em, async () => {
      const user = await this.#turnOff(await this.#lockWith(viewer.user.id))
      await this.#record(ActivityAction.SECOND_FACTOR_REMOVED, user.id, viewer)
      return user
    })
  }

  /** The old ones end. @throws NotFoundError where the second factor is off */
  async replaceRecoveryCodes(viewer: SessionViewer): Promise<NewRecoveryCodes> {
    return transaction(this.deps.em, async () => {
      const user = await this.#lockWith(viewer.user.id)
      await this.#record(ActivityAction.RECOVERY_CODES_REPLACED, user.id, viewer)
      return { recoveryCodes: await this.#replaceCodes(user.id), user }
    })
  }

  /**
   * Turns off the second factor of another account and ends its sessions.
   * @throws ForbiddenError on oneself, NotFoundError for an unknown account or where it is off
   */
  async resetByAdministrator(viewer: SessionViewer, userId: string): Promise<UserRow> {
    if (userId === viewer.user.id) throw new ForbiddenError()
    return transaction(this.deps.em, async () => {
      const granter = await this.deps.escalation.lock(viewer, Permission.USER_UPDATE)
      const before = await this.#lockAccount(userId)
      await granter.assertMay({ account: before })
      const user = await this.#turnOff(withFactor(before))
      await this.deps.sessions.deleteByUser(userId)
      await this.#record(ActivityAction.SECOND_FACTOR_RESET, userId, viewer)
      return user
    })
  }

  /** Turns off a second factor that was turned on at a moment or later; part of the caller's transaction. */
  async removeIfAddedSince(userId: string, since: Date): Promise<void> {
    const enabledAt = (await this.deps.users.findRow(userId))?.totpEnabledAt
    if (enabledAt && enabledAt >= since) await this.#turnOff(await this.#lockWith(userId))
  }

  /** For a loader: unused recovery codes of each account. */
  async countRecoveryCodes(userIds: readonly string[]): Promise<number[]> {
    const counts = await this.deps.recoveryCodes.countByUsers(userIds)
    return userIds.map((userId) => counts.get(userId) ?? 0)
  }

  async #stepOfSetUp(userId: string, code: string, now: Date): Promise<number> {
    const factor = await this.deps.secondFactors.findOf(userId)
    const isOpen = factor?.setUpEndsAt && factor.setUpEndsAt > now
    if (!isOpen) throw new NotFoundError('Set-up of a second factor')
    const secret = this.deps.factorKeys.openSecret(userId, factor.sealedSecret)
    const step = secret && stepOf(secret, code, now)
    if (step === null) throw new SecondFactorInvalidError()
    return step
  }

  /** @param user whose row is locked */
  async #turnOff(user: UserRow): Promise<UserRow> {
    const { users, secondFactors, recoveryCodes, mail, clock } = this.deps
    await secondFactors.deleteOf(user.id)
    await recoveryCodes.deleteOf(user.id)
    const changes = { totpEnabledAt: null, updatedAt: clock() }
    await users.nativeUpdate({ id: user.id }, changes)
    await mail.send('second-factor-removed', user)
    return { ...user, ...changes }
  }

  async #replaceCodes(userId: string): Promise<string[]> {
    const codes = newRecoveryCodes()
    const hashes = codes.map((code) => this.deps.factorKeys.hashCode(userId, canonicalRecoveryCode(code)))
    await this.deps.recoveryCodes.replaceAll(userId, hashes)
    return codes
  }

  /** Locks the viewer's account, whose second factor must be off. */
  async #lockWithout(viewer: SessionViewer): Promise<UserRow> {
    const user = await this.#lock(viewer.user.id)
    if (!user) throw new UnauthenticatedError()
    if (user.totpEnabledAt !== null) throw new ConflictError('The second factor is on already.')
    return user
  }

  /** Locks an account whose second factor must be on. */
  async #lockWith(userId: string): Promise<UserRow> {
    return withFactor(await this.#lockAccount(userId))
  }

  async #lockAccount(userId: string): Promise<UserRow> {
    const user = await this.#lock(userId)
    if (!user) throw new NotFoundError('User')
    return user
  }

  async #lock(userId: string): Promise<UserRow | null> {
    return (await this.deps.users.lock(userId)) ? this.deps.users.findRow(userId) : null
  }

  async #record(action: ActivityAction, userId: string, viewer: SessionViewer): Promise<void> {
    await this.deps.activity.record({ action, userId, actorId: viewer.user.id })
  }
}

/** @throws NotFoundError where the second factor is off */
function withFactor(user: UserRow): UserRow {
  if (user.totpEnabledAt === null) throw new NotFoundError('Second factor')
  return user
}

function newFactor(userId: string, sealedSecret: string, setUpEndsAt: Date): SecondFactor {
  return {
    userId,
    sealedSecret,
    setUpEndsAt,
    lastStep: null,
    lastUsedAt: null,
    codeFailures: 0,
    codeFailuresSince: null,
    recoveryFailures: 0,
    recoveryFailuresSince: null,
  }
}
