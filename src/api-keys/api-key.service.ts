import type { EntityManager } from '@mikro-orm/core'
import { ActivityAction } from '../activity/actions.ts'
import type { ActivityService } from '../activity/activity.service.ts'
import type { EscalationService } from '../authorization/escalation.service.ts'
import type { PermissionTable } from '../authorization/permission-table.ts'
import type { PermissionName } from '../authorization/permissions.ts'
import { actorOf, type SessionViewer, type Viewer } from '../authorization/viewer.ts'
import type { Clock } from '../clock.ts'
import { newId } from '../database/ids.ts'
import { transaction } from '../database/transaction.ts'
import { ConflictError, type FieldFault, NotFoundError } from '../errors.ts'
import type { ApiKey } from './api-key.entity.ts'
import type { ApiKeyRepository } from './api-key.repository.ts'
import type { ApiKeyRow } from './api-key.row.ts'
import type { ApiKeySecrets } from './api-key-secret.ts'

export interface ApiKeyDependencies {
  em: EntityManager
  apiKeys: ApiKeyRepository
  activity: ActivityService
  escalation: EscalationService
  table: PermissionTable
  secrets: ApiKeySecrets
  clock: Clock
}

export interface NewApiKey {
  name: string
  permissions: readonly PermissionName[]
  /** 90 days from now where it is left out. */
  expiresAt?: Date | null
}

/** A key as its owner sees it. */
export interface ApiKeyView extends Omit<ApiKeyRow, 'permissions'> {
  /** In the order of the enum. */
  permissions: readonly PermissionName[]
}

const MAX_KEYS = 20
const DAY_MS = 86_400_000
const DEFAULT_DAYS = 90
const MAX_DAYS = 366

/** Makes, lists and ends API keys. How a request is known by one: `auth/viewer-lookup.ts`. */
export class ApiKeyService {
  constructor(private readonly deps: ApiKeyDependencies) {}

  /** What of a new key cannot be, beyond the form of its fields. */
  faultsOf({ permissions, expiresAt }: NewApiKey): FieldFault[] {
    const now = this.deps.clock().getTime()
    const isOutOfRange = expiresAt && !(expiresAt.getTime() > now && expiresAt.getTime() <= now + MAX_DAYS * DAY_MS)
    return [...(permissions.length === 0 ? [NO_PERMISSION] : []), ...(isOutOfRange ? [OUT_OF_RANGE] : [])]
  }

  /**
   * Makes a key. Its secret can be read this once.
   * @throws ForbiddenError for more than the viewer may do, ConflictError for more than 20 keys
   */
  async create(viewer: SessionViewer, wanted: NewApiKey): Promise<{ apiKey: ApiKeyView; secret: string }> {
    const { em, apiKeys, activity, escalation, secrets, clock } = this.deps
    const userId = viewer.user.id
    const secret = secrets.make()
    return transaction(em, async () => {
      const granter = await escalation.lockWithOwnAccount(viewer)
      await granter.assertMay({ permissions: wanted.permissions })
      const open = await apiKeys.findGoodByUsers([userId], clock())
      if (open.length >= MAX_KEYS) throw new ConflictError(`This account has ${MAX_KEYS} keys, as many as it may have.`)
      // Its moment is one under the lock: what ends younger keys has committed before, or will see it.
      const row = this.#newRow(userId, wanted, secret)
      await apiKeys.insert(row)
      await activity.record({ action: ActivityAction.API_KEY_CREATED, userId, ...actorOf(viewer), details: row.id })
      return { apiKey: this.#view(row), secret }
    })
  }

  /** @throws NotFoundError for unknown ids and for keys of other accounts */
  async revoke(viewer: SessionViewer, id: string): Promise<void> {
    const userId = viewer.user.id
    await transaction(this.deps.em, async () => {
      if (!(await this.deps.apiKeys.deleteOf(userId, id))) throw new NotFoundError('API key')
      await this.#recordRevoked([id], userId, viewer)
    })
  }

  /** Ends every key of an account, in the transaction of whoever ends its sessions. */
  async revokeOfUser(viewer: Viewer, userId: string): Promise<void> {
    const { apiKeys, clock } = this.deps
    const good = await apiKeys.findGoodByUsers([userId], clock())
    await apiKeys.deleteByUser(userId)
    await this.#recordRevoked(
      good.map(({ id }) => id),
      userId,
      viewer,
    )
  }

  /** Ends the keys of an account, or those made since a moment, with what the caller records. */
  async endOfUser(userId: string, since?: Date): Promise<void> {
    await this.deps.apiKeys.deleteByUser(userId, since)
  }

  /** Good keys of each account, newest first. The caller checks whether the viewer may read them. */
  async findGoodByUsers(userIds: readonly string[]): Promise<ApiKeyView[][]> {
    const found = await this.deps.apiKeys.findGoodByUsers(userIds, this.deps.clock())
    const byUser = Map.groupBy(found.map(this.#view), ({ userId }) => userId)
    return userIds.map((userId) => byUser.get(userId) ?? [])
  }

  #newRow(userId: string, { name, permissions, expiresAt }: NewApiKey, secret: string): ApiKey {
    const { table, secrets, clock } = this.deps
    const createdAt = clock()
    return {
      id: newId(),
      userId,
      name: name.trim(),
      hash: secrets.hash(secret),
      hint: secret.slice(-4),
      permissions: table.write(permissions),
      createdAt,
      expiresAt: expiresAt ?? new Date(createdAt.getTime() + DEFAULT_DAYS * DAY_MS),
      lastUsedAt: null,
    }
  }

  readonly #view = ({
    id,
    userId,
    name,
    hint,
    permissions,
    createdAt,
    expiresAt,
    lastUsedAt,
  }: ApiKeyRow): ApiKeyView => {
    const { table } = this.deps
    return {
      id,
      userId,
      name,
      hint,
      permissions: table.known(table.read(permissions)),
      createdAt,
      expiresAt,
      lastUsedAt,
    }
  }

  async #recordRevoked(ids: readonly string[], userId: string, viewer: Viewer): Promise<void> {
    const entry = { action: ActivityAction.API_KEY_REVOKED, userId, ...actorOf(viewer) }
    await this.deps.activity.record(...ids.map((details) => ({ ...entry, details })))
  }
}

const NO_PERMISSION: FieldFault = {
  path: 'input.permissions',
  code: 'REQUIRED',
  message: 'Name at least one permission.',
}
const OUT_OF_RANGE: FieldFault = {
  path: 'input.expiresAt',
  code: 'OUT_OF_RANGE',
  message: `A key ends in the future, at most ${MAX_DAYS} days ahead.`,
}
