import type { Clock } from '../clock.ts'
import type { SessionViewer } from './viewer.ts'

/** Whether somebody has lately proved who they are (ASVS 7.5.1). Pure and synchronous. */
export class Freshness {
  /** @param seconds REAUTHENTICATION_TTL */
  constructor(
    private readonly seconds: number,
    private readonly clock: Clock,
  ) {}

  /** Of an account with a second factor, the password alone makes no session fresh. */
  isFresh({ user, session }: SessionViewer): boolean {
    if (user.totpEnabledAt !== null && !session.hasSecondFactor) return false
    return this.clock().getTime() < session.authenticatedAt.getTime() + this.seconds * 1000
  }
}
