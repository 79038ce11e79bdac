import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import type { Orm } from '../database/orm.ts'
import { ApiKey } from './api-key.entity.ts'
import type { ApiKeyWithUser } from './api-key.row.ts'

const MINUTE_MS = 60_000

/** Notes when keys are used, at most once a minute, beside the request and never in its way. */
export class ApiKeyUses {
  readonly #running = new Map<string, Promise<void>>()
  #pausedUntil = 0

  constructor(private readonly deps: { orm: Orm; clock: Clock; log: Logger }) {}

  /**
   * A key that was found by the previous SECRET_KEY is stored by the current one from then on.
   * @param current its hash by the current one
   */
  note({ apiKey, hash }: ApiKeyWithUser, current: string): void {
    const now = this.deps.clock()
    const isNoted = apiKey.lastUsedAt !== null && now.getTime() - apiKey.lastUsedAt.getTime() < MINUTE_MS
    const isDue = !isNoted || hash !== current
    if (!isDue || now.getTime() < this.#pausedUntil || this.#running.has(apiKey.id)) return
    const writing = this.#write(apiKey.id, hash, { hash: current, lastUsedAt: now })
    this.#running.set(apiKey.id, writing)
    void writing.finally(() => this.#running.delete(apiKey.id))
  }

  /** Resolves once nothing is being written. */
  async settled(): Promise<void> {
    await Promise.all(this.#running.values())
  }

  /** Where the key has not been removed or noted meanwhile. */
  async #write(id: string, hash: string, changes: Pick<ApiKey, 'hash' | 'lastUsedAt'>): Promise<void> {
    const { orm, clock, log } = this.deps
    try {
      await orm.em.fork().getRepository(ApiKey).nativeUpdate({ id, hash }, changes)
    } catch (error) {
      this.#pausedUntil = clock().getTime() + MINUTE_MS
      log.warn({ err: error }, 'The use of an API key was not noted')
    }
  }
}
