import type { ApiKeyRepository } from '../api-keys/api-key.repository.ts'
import type { Clock } from '../clock.ts'
import type { GuardRepository } from '../database/guard.repository.ts'
import { BadUserInputError, type FieldFault, ForbiddenError, UnauthenticatedError } from '../errors.ts'
import type { SessionRepository } from '../sessions/session.repository.ts'
import type { UserRepository } from '../users/user.repository.ts'
import type { UserRow } from '../users/user.row.ts'
import type { AuthorizationService } from './authorization.service.ts'
import type { PermissionTable } from './permission-table.ts'
import type { PermissionName } from './permissions.ts'
import { missingRights, narrowed, type Rights } from './rights.ts'
import type { SessionViewer, Viewer } from './viewer.ts'

export interface EscalationDependencies {
  guards: GuardRepository
  sessions: SessionRepository
  users: UserRepository
  apiKeys: ApiKeyRepository
  authorization: AuthorizationService
  table: PermissionTable
  clock: Clock
}

export const UNKNOWN_ROLE: FieldFault = { path: 'input.role', code: 'INVALID', message: 'There is no such role.' }

/**
 * Nobody climbs (CWE-269): whoever lacks a permission can neither give it nor act on those who have it. `lock` begins a
 * transaction that gives rights, or acts on another account; what it answers is asked before the write.
 */
export class EscalationService {
  constructor(private readonly deps: EscalationDependencies) {}

  /**
   * Locks all rights until the transaction ends, and reads again what the viewer may do. Must be the first statement:
   * whatever changes a role, or gives one, locks the same row, so nothing that is decided by rights is out of date.
   *
   * @throws UnauthenticatedError where the session or key has ended, ForbiddenError without the permission
   */
  async lock(viewer: Viewer, permission?: PermissionName): Promise<Granter> {
    await this.deps.guards.lock('administrators')
    return this.#granter(viewer, permission)
  }

  /**
   * Like `lock`, for what outlives the session. Whoever resets the password locks the account and ends its sessions, so
   * the account is locked too before the session is read again.
   */
  async lockWithOwnAccount(viewer: SessionViewer): Promise<Granter> {
    await this.deps.guards.lock('administrators')
    await this.deps.users.lock(viewer.user.id)
    return this.#granter(viewer)
  }

  async #granter(viewer: Viewer, permission?: PermissionName): Promise<Granter> {
    const rights = await this.#rightsNow(viewer)
    if (!rights) throw new UnauthenticatedError()
    if (permission !== undefined && !rights.has(permission)) throw new ForbiddenError()
    return new Granter(viewer, rights, this.deps)
  }

  async #rightsNow(viewer: Viewer): Promise<Rights | null> {
    const { sessions, apiKeys, table, clock } = this.deps
    const found = viewer.session
      ? await sessions.findOpenWithUser(viewer.session.id, clock())
      : await apiKeys.findGoodById(viewer.apiKey.id, clock())
    if (!found?.user.isActive) return null
    const rights = table.rightsOf(found.user.role, found.rolePermissions)
    return viewer.session ? rights : narrowed(rights, table.read(viewer.apiKey.permissions))
  }
}

/** What a call reaches: whoever has these rights, or gets them. */
export interface Reach {
  /** The account that it acts on. */
  account?: Pick<UserRow, 'id' | 'role'>
  /** Whether the account could be taken over by it: then a key must be able to do all that its owner may. */
  takesOver?: boolean
  /** The roles that it gives, changes or removes. */
  roles?: readonly string[]
  /** What it hands out by name. */
  permissions?: readonly string[]
}

/** What a viewer may hand out, and on whom they may act, for the rest of a transaction. */
export class Granter {
  constructor(
    private readonly viewer: Viewer,
    private readonly rights: Rights,
    private readonly deps: Pick<EscalationDependencies, 'authorization' | 'table'>,
  ) {}

  /**
   * The own account may be acted on whatever its role, but not taken over by a key that may do less.
   * @throws BadUserInputError for an unknown role, which may have been removed since the input was checked;
   *   ForbiddenError naming all that the viewer lacks
   */
  async assertMay({ account, takesOver = false, roles = [], permissions = [] }: Reach): Promise<void> {
    const { authorization, table } = this.deps
    const isOwn = account?.id === this.viewer.user.id && !(takesOver && this.viewer.apiKey)
    const ofAccount = account && !isOwn ? await authorization.rightsOf(account.role) : null
    const ofRoles = await Promise.all(roles.map((role) => authorization.rightsOf(role)))
    const known = ofRoles.filter((rights) => rights !== null)
    if (known.length < roles.length) throw new BadUserInputError([UNKNOWN_ROLE])
    const needed = [...(ofAccount?.names ?? []), ...known.flatMap(({ names }) => names), ...permissions]
    const missing = missingRights(this.rights, needed)
    if (missing.length > 0) throw new ForbiddenError(table.enumNames(missing))
  }
}
