import type { EntityManager } from '@mikro-orm/core'
import { ActivityAction } from '../activity/actions.ts'
import type { ActivityService, Origin } from '../activity/activity.service.ts'
import type { ApiKeyService } from '../api-keys/api-key.service.ts'
import type { EscalationService } from '../authorization/escalation.service.ts'
import { Permission } from '../authorization/permissions.ts'
import { actorOf, type SessionViewer, type Viewer } from '../authorization/viewer.ts'
import type { Clock } from '../clock.ts'
import type { SessionConfig } from '../config.ts'
import { newId } from '../database/ids.ts'
import { transaction } from '../database/transaction.ts'
import { NotFoundError } from '../errors.ts'
import type { UserRepository } from '../users/user.repository.ts'
import type { Session } from './session.entity.ts'
import type { SessionRepository } from './session.repository.ts'
import type { SessionRow } from './session.row.ts'

export interface SessionDependencies {
  em: EntityManager
  sessions: SessionRepository
  users: UserRepository
  activity: ActivityService
  escalation: EscalationService
  apiKeys: ApiKeyService
  origin: Origin
  clock: Clock
  config: SessionConfig
}

/** What a login decides about its session. */
export type SessionStart = Pick<Session, 'transport' | 'csrfToken' | 'hasSecondFactor'>

/** Begins, lists and ends sessions. Their tokens are the matter of `auth/`. */
export class SessionService {
  constructor(private readonly deps: SessionDependencies) {}

  /**
   * Begins a session in the transaction of a login, which has locked the account's row. Where the account would have
   * more than MAX_SESSIONS, the least recently refreshed ones end.
   *
   * @param start.csrfToken the form of it that is stored; null with transport BODY
   */
  async begin(userId: string, start: SessionStart): Promise<Session & SessionRow> {
    const { sessions, activity, clock, config } = this.deps
    const open = await sessions.findOpenIds(userId, clock())
    const surplus = open.slice(0, Math.max(0, open.length - config.maxPerUser + 1))
    await sessions.deleteByIds(surplus)
    const session = this.#newSession(userId, start)
    await sessions.insert(session)
    await activity.record(...surplus.map((id) => revoked(id, 'MAX_SESSIONS', userId, { actorId: userId })))
    return session
  }

  /** Ends the open session whose cookie a login replaces, in the transaction of that login. */
  async endReplaced(sessionId: string): Promise<void> {
    const { sessions, activity, clock } = this.deps
    const replaced = await sessions.findOpenWithUser(sessionId, clock())
    if (replaced?.session.transport !== 'COOKIE' || (await sessions.deleteByIds([sessionId])) === 0) return
    const { id } = replaced.user
    await activity.record({ action: ActivityAction.USER_LOGOUT, userId: id, actorId: id })
  }

  /** Open sessions of each account, most recently refreshed first. */
  async findOpenByUsers(userIds: readonly string[]): Promise<SessionRow[][]> {
    const sessions = await this.deps.sessions.findOpenByUsers(userIds, this.deps.clock())
    const byUser = Map.groupBy(sessions, ({ userId }) => userId)
    return userIds.map((userId) => byUser.get(userId) ?? [])
  }

  /** @throws NotFoundError for unknown ids and for sessions of other accounts */
  async revoke(viewer: SessionViewer, sessionId: string): Promise<void> {
    await transaction(this.deps.em, async () => {
      await this.deps.users.lock(viewer.user.id)
      const open = await this.deps.sessions.findOpenIds(viewer.user.id, this.deps.clock())
      if (!open.includes(sessionId)) throw new NotFoundError('Session')
      await this.#revokeAll([sessionId], viewer, viewer.user.id)
    })
  }

  /** Returns how many ended. */
  async revokeOthers(viewer: SessionViewer): Promise<number> {
    return transaction(this.deps.em, async () => {
      await this.deps.users.lock(viewer.user.id)
      const open = await this.deps.sessions.findOpenIds(viewer.user.id, this.deps.clock())
      return this.#revokeAll(
        open.filter((id) => id !== viewer.session.id),
        viewer,
        viewer.user.id,
      )
    })
  }

  /** Ends the API keys of the account too. Returns how many sessions ended. @throws NotFoundError, ForbiddenError */
  async revokeOfUser(viewer: Viewer, userId: string): Promise<number> {
    const { em, users, sessions, apiKeys, escalation, clock } = this.deps
    return transaction(em, async () => {
      const granter = await escalation.lock(viewer, Permission.USER_UPDATE)
      const user = (await users.lock(userId)) ? await users.findRow(userId) : null
      if (!user) throw new NotFoundError('User')
      await granter.assertMay({ account: user })
      await apiKeys.revokeOfUser(viewer, userId)
      return this.#revokeAll(await sessions.findOpenIds(userId, clock()), viewer, userId)
    })
  }

  /** The earlier of idle and absolute end. */
  endOf(absoluteEnd: Date, lastActiveAt: Date): Date {
    return new Date(Math.min(absoluteEnd.getTime(), lastActiveAt.getTime() + this.deps.config.idleSeconds * 1000))
  }

  async #revokeAll(ids: string[], viewer: Viewer, userId: string): Promise<number> {
    await this.deps.sessions.deleteByIds(ids)
    await this.deps.activity.record(...ids.map((id) => revoked(id, 'REVOKED', userId, actorOf(viewer))))
    return ids.length
  }

  #newSession(userId: string, start: SessionStart): Session & SessionRow {
    const now = this.deps.clock()
    const expiresAt = new Date(now.getTime() + this.deps.config.absoluteSeconds * 1000)
    return {
      id: newId(),
      userId,
      ...start,
      generation: 1,
      rotatedAt: now,
      recentUses: null,
      createdAt: now,
      authenticatedAt: now,
      lastActiveAt: now,
      expiresAt,
      endsAt: this.endOf(expiresAt, now),
      ...this.deps.origin,
      turn: 0,
    }
  }
}

type Actor = { actorId: string; apiKeyId?: string | null }

function revoked(sessionId: string, reason: 'REVOKED' | 'MAX_SESSIONS', userId: string, actor: Actor) {
  return { action: ActivityAction.SESSION_REVOKED, userId, ...actor, details: `${sessionId} ${reason}` }
}
