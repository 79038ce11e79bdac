/** The expected behaviour of one account's sessions. `sessions.test.ts` compares the service with it. */

export const LIMITS = {
  accessSeconds: 60,
  idleSeconds: 600,
  absoluteSeconds: 1_500,
  graceSeconds: 10,
  graceUses: 8,
  maxSessions: 3,
}

export type RefreshOutcome = 'successor' | 'REFRESH_TOKEN_INVALID' | 'REFRESH_TOKEN_REUSED'

export interface ModelSession {
  readonly id: string
  readonly createdAt: number
  lastActiveAt: number
  isEnded: boolean
  /** Its refresh tokens by generation; the last one is current. */
  readonly refreshTokens: string[]
  /** When each but the current one was first used. */
  readonly firstUses: number[]
  readonly accessTokens: { token: string; expiresAt: number }[]
}

/** Moments are whole seconds. */
export class SessionModel {
  now = 0
  isActive = true
  role = 'user'
  passwords = ['the first long password']
  readonly sessions: ModelSession[] = []

  get password(): string {
    return this.passwords.at(-1) ?? ''
  }

  isOpen({ isEnded, createdAt, lastActiveAt }: ModelSession): boolean {
    if (isEnded) return false
    return this.now < lastActiveAt + LIMITS.idleSeconds && this.now < createdAt + LIMITS.absoluteSeconds
  }

  isAccessGood(session: ModelSession, { expiresAt }: { expiresAt: number }): boolean {
    return this.isOpen(session) && this.now < expiresAt
  }

  /** The least recently refreshed session ends. */
  begin(id: string, refreshToken: string, accessToken: string): void {
    const open = this.sessions.filter((session) => this.isOpen(session))
    open.sort((a, b) => a.lastActiveAt - b.lastActiveAt || (a.id < b.id ? -1 : 1))
    for (const session of open.slice(0, Math.max(0, open.length - LIMITS.maxSessions + 1))) session.isEnded = true
    const times = { createdAt: this.now, lastActiveAt: this.now }
    const session = { id, ...times, isEnded: false, refreshTokens: [refreshToken], firstUses: [], accessTokens: [] }
    this.sessions.push(session)
    this.issue(session, accessToken)
  }

  issue(session: ModelSession, token: string): void {
    const end = Math.min(session.createdAt + LIMITS.absoluteSeconds, session.lastActiveAt + LIMITS.idleSeconds)
    session.accessTokens.push({ token, expiresAt: Math.min(this.now + LIMITS.accessSeconds, end) })
  }

  /** The answer for a token of `age` generations ago. Changes the model as the service must change. */
  refresh(session: ModelSession, age: number): RefreshOutcome {
    if (!this.isOpen(session)) return 'REFRESH_TOKEN_INVALID'
    if (age === 0) {
      session.lastActiveAt = this.now
      session.firstUses.push(this.now)
      return 'successor'
    }
    const usedAt = session.firstUses.at(-age) ?? 0
    if (age <= LIMITS.graceUses && this.now < usedAt + LIMITS.graceSeconds) return 'successor'
    session.isEnded = true
    return 'REFRESH_TOKEN_REUSED'
  }

  endAll(except?: ModelSession): number {
    const ending = this.sessions.filter((session) => session !== except && this.isOpen(session))
    for (const session of ending) session.isEnded = true
    return ending.length
  }
}
