import type { EntityManager } from '@mikro-orm/core'
import { ActivityAction } from '../activity/actions.ts'
import type { ActivityService } from '../activity/activity.service.ts'
import type { PermissionTable } from '../authorization/permission-table.ts'
import type { Rights } from '../authorization/rights.ts'
import type { SessionViewer } from '../authorization/viewer.ts'
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
import type { MailService } from '../mail/mail.service.ts'
import { firstUseOf, withFirstUse } from '../sessions/recent-uses.ts'
import type { RefreshableSession, SessionRepository } from '../sessions/session.repository.ts'
import type { SessionService } from '../sessions/session.service.ts'
import type { Account, AuthService, SignedIn } from './auth.service.ts'
import { isCsrfToken } from './csrf-token.ts'
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
  table: PermissionTable
  mail: MailService
  clock: Clock
  /** Decides about REFRESH_GRACE. Left out: the clock of the MySQL server. */
  databaseClock: Clock | undefined
  config: SessionConfig
}

/** An open session with the generation of the token that came. */
interface Opened extends RefreshableSession {
  rights: Rights
  generation: number
}

type Ended = Pick<Account, 'user' | 'session'>
type Standing = 'present' | 'justUsed' | 'reused'

/** Refreshing with rotation and detection of reuse (RFC 9700 section 4.14.2), and signing out. */
export class RefreshService {
  constructor(private readonly deps: RefreshDependencies) {}

  /**
   * Trades a refresh token for the next pair. One conditional update makes the next generation; a request that finds
   * the generation changed starts over. For REFRESH_GRACE seconds after its own first use a token returns the newest
   * one, for clients that lost the answer or refresh in several tabs; up to 8 generations back.
   *
   * @throws CsrfFailedError, RefreshTokenInvalidError, RefreshTokenReusedError; checked in the order origin, token
   *   and transport, x-csrf-token, generation
   */
  async refresh(presented: PresentedToken): Promise<SignedIn> {
    const csrfToken = presented.transport === 'COOKIE' ? presented.csrfToken : null
    for (;;) {
      const opened = await this.#open(presented)
      const standing = this.#standingOf(opened)
      if (standing === 'reused') await this.#endReused(opened)
      const viewer = standing === 'present' ? await this.#rotate(opened) : opened
      if (viewer) return this.deps.auth.issueTokens(viewer, csrfToken)
    }
  }

  /** Ends the viewer's session, or without a viewer the session of the cookie. Returns its id. */
  async logout(viewer: SessionViewer | null, presented: PresentedToken | null): Promise<string> {
    if (viewer) return this.#end(viewer)
    if (!presented) throw new UnauthenticatedError()
    const opened = await this.#open(presented)
    if (this.#standingOf(opened) === 'reused') await this.#endReused(opened)
    return this.#end(opened)
  }

  /** The open session of a token, after every check but that of its generation. */
  async #open(presented: PresentedToken): Promise<Opened> {
    if (presented.transport === 'COOKIE' && presented.originFault) throw new CsrfFailedError(presented.originFault)
    const { refreshTokens, sessions, table, clock, databaseClock } = this.deps
    const claims = refreshTokens.read(presented.token)
    const found = claims && (await sessions.findRefreshable(claims.sessionId, clock(), databaseClock?.()))
    if (!claims || !found?.user.isActive) throw new RefreshTokenInvalidError()
    if (found.session.transport !== presented.transport) throw new WrongChannelError()
    if (presented.transport === 'COOKIE' && !isCsrfToken(found.session.csrfToken, presented.csrfToken))
      throw new CsrfTokenError(presented.csrfToken)
    // After a restored backup a token may be newer than its session.
    if (claims.generation > found.session.generation) throw new RefreshTokenInvalidError()
    const rights = table.rightsOf(found.user.role, found.rolePermissions)
    return { ...found, rights, generation: claims.generation }
  }

  #standingOf({ session, generation, recentUses, readAt }: Opened): Standing {
    if (generation === session.generation) return 'present'
    // An instance of version 0.1.0, which may run beside this one, writes the newest use to `rotatedAt` alone.
    const newest = generation === session.generation - 1 ? session.rotatedAt : null
    const usedAt = firstUseOf(recentUses, generation) ?? newest
    const graceMs = this.deps.config.refreshGraceSeconds * 1000
    return usedAt && readAt.getTime() < usedAt.getTime() + graceMs ? 'justUsed' : 'reused'
  }

  async #rotate({ user, session, rights, recentUses, readAt }: Opened): Promise<Account | null> {
    const lastActiveAt = this.deps.clock()
    const next = {
      rotatedAt: readAt,
      recentUses: withFirstUse(recentUses, session.generation, readAt),
      lastActiveAt,
      endsAt: this.deps.sessionService.endOf(session.expiresAt, lastActiveAt),
    }
    const isFirst = await transaction(this.deps.em, () =>
      this.deps.sessions.rotate(session.id, session.generation, next),
    )
    return isFirst ? { user, rights, session: { ...session, ...next, generation: session.generation + 1 } } : null
  }

  /** Commits the end of the session before it throws. Of several at once, one ends it: its token was the reused one. */
  async #endReused({ user, session }: Ended): Promise<never> {
    await transaction(this.deps.em, async () => {
      if ((await this.deps.sessions.deleteByIds([session.id])) === 0) throw new RefreshTokenInvalidError()
      await this.deps.activity.record({ action: ActivityAction.REFRESH_TOKEN_REUSED, userId: user.id, actorId: null })
      await this.deps.mail.send('refresh-token-reused', user)
    })
    throw new RefreshTokenReusedError()
  }

  async #end({ user, session }: Ended): Promise<string> {
    await transaction(this.deps.em, async () => {
      if ((await this.deps.sessions.deleteByIds([session.id])) === 0) throw new UnauthenticatedError()
      await this.deps.activity.record({ action: ActivityAction.USER_LOGOUT, userId: user.id, actorId: user.id })
    })
    return session.id
  }
}
