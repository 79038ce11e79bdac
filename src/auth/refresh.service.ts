import { timingSafeEqual } from 'node:crypto'
import type { EntityManager } from '@mikro-orm/core'
import { ActivityAction } from '../activity/actions.ts'
import type { ActivityService } from '../activity/activity.service.ts'
import type { Viewer } from '../authorization/viewer.ts'
import type { Clock } from '../clock.ts'
import type { SessionConfig } from '../config.ts'
import { transaction } from '../database/transaction.ts'
import {
  CsrfFailedError,
  CsrfTokenError,
  RefreshTokenInvalidError,
  RefreshTokenReusedError,
  UnauthenticatedError,
} from '../errors.ts'
import type { SessionRepository } from '../sessions/session.repository.ts'
import type { SessionService } from '../sessions/session.service.ts'
import type { AuthService, SignedIn } from './auth.service.ts'
import type { RefreshTokens } from './refresh-token.ts'

/** A refresh token as sent, and for the cookie transport what it is checked with. */
export type PresentedToken =
  | { transport: 'BODY'; token: string }
  | { transport: 'COOKIE'; token: string; csrfToken: string | null; originFault: string | null }

/** A token sent by the wrong transport. Cookies of the request stay, since they may belong to another session. */
export class WrongChannelError extends RefreshTokenInvalidError {}

export interface RefreshDependencies {
  em: EntityManager
  auth: AuthService
  sessions: SessionRepository
  sessionService: SessionService
  activity: ActivityService
  refreshTokens: RefreshTokens
  clock: Clock
  config: SessionConfig
}

type Standing = 'present' | 'justUsed' | 'reused'

/** Refreshing with rotation and detection of reuse (RFC 9700 section 4.14.2), and signing out. */
export class RefreshService {
  constructor(private readonly deps: RefreshDependencies) {}

  /**
   * Trades a refresh token for the next pair. One conditional update makes the next generation; a request that finds
   * the generation changed starts over. The previous token returns the same successor for REFRESH_GRACE seconds, for
   * clients that lost the answer or refresh in two tabs.
   *
   * @throws CsrfFailedError, RefreshTokenInvalidError, RefreshTokenReusedError; checked in the order origin, token
   *   and transport, x-csrf-token, generation
   */
  async refresh(presented: PresentedToken): Promise<SignedIn> {
    for (;;) {
      const { viewer, generation } = await this.#open(presented)
      const standing = this.#standingOf(viewer, generation)
      if (standing === 'reused') await this.#endReused(viewer)
      if (standing !== 'present') return this.deps.auth.issueTokens(viewer)
      const rotated = await this.#rotate(viewer)
      if (rotated) return this.deps.auth.issueTokens(rotated)
    }
  }

  /** Ends the viewer's session, or without a viewer the session of the cookie. Returns its id. */
  async logout(viewer: Viewer | null, presented: PresentedToken | null): Promise<string> {
    if (viewer) return this.#end(viewer)
    if (!presented) throw new UnauthenticatedError()
    const { viewer: owner, generation } = await this.#open(presented)
    if (this.#standingOf(owner, generation) === 'reused') await this.#endReused(owner)
    return this.#end(owner)
  }

  /** The open session of a token, after every check but that of its generation. */
  async #open(presented: PresentedToken): Promise<{ viewer: Viewer; generation: number }> {
    if (presented.transport === 'COOKIE' && presented.originFault) throw new CsrfFailedError(presented.originFault)
    const claims = this.deps.refreshTokens.read(presented.token)
    const viewer = claims && (await this.deps.sessions.findOpenWithUser(claims.sessionId, this.deps.clock()))
    if (!claims || !viewer?.user.isActive) throw new RefreshTokenInvalidError()
    if (viewer.session.transport !== presented.transport) throw new WrongChannelError()
    if (presented.transport === 'COOKIE' && !isSame(viewer.session.csrfToken, presented.csrfToken))
      throw new CsrfTokenError(presented.csrfToken)
    // After a restored backup a token may be newer than its session.
    if (claims.generation > viewer.session.generation) throw new RefreshTokenInvalidError()
    return { viewer, generation: claims.generation }
  }

  #standingOf({ session }: Viewer, generation: number): Standing {
    if (generation === session.generation) return 'present'
    const graceEndsAt = session.rotatedAt.getTime() + this.deps.config.refreshGraceSeconds * 1000
    const isJustUsed = generation === session.generation - 1 && this.deps.clock().getTime() < graceEndsAt
    return isJustUsed ? 'justUsed' : 'reused'
  }

  async #rotate({ user, session }: Viewer): Promise<Viewer | null> {
    const now = this.deps.clock()
    const endsAt = this.deps.sessionService.endOf(session.expiresAt, now)
    const isFirst = await transaction(this.deps.em, () =>
      this.deps.sessions.rotate(session.id, session.generation, now, endsAt),
    )
    if (!isFirst) return null
    const generation = session.generation + 1
    return { user, session: { ...session, generation, rotatedAt: now, lastActiveAt: now, endsAt } }
  }

  /** Commits the end of the session before it throws. Of several at once, one ends it: its token was the reused one. */
  async #endReused({ user, session }: Viewer): Promise<never> {
    await transaction(this.deps.em, async () => {
      if ((await this.deps.sessions.deleteByIds([session.id])) === 0) throw new RefreshTokenInvalidError()
      await this.deps.activity.record({ action: ActivityAction.REFRESH_TOKEN_REUSED, userId: user.id, actorId: null })
    })
    throw new RefreshTokenReusedError()
  }

  async #end({ user, session }: Viewer): Promise<string> {
    await transaction(this.deps.em, async () => {
      if ((await this.deps.sessions.deleteByIds([session.id])) === 0) throw new UnauthenticatedError()
      await this.deps.activity.record({ action: ActivityAction.USER_LOGOUT, userId: user.id, actorId: user.id })
    })
    return session.id
  }
}

function isSame(expected: string | null, given: string | null): boolean {
  if (expected === null || given === null) return false
  const [left, right] = [Buffer.from(expected), Buffer.from(given)]
  return left.length === right.length && timingSafeEqual(left, right)
}
