import DataLoader from 'dataloader'
import type { UserRow } from './user.entity.ts'
import type { UserService } from './user.service.ts'

export type MaybePromise<T> = T | Promise<T>

/** Accounts by id, in one statement for all that a level of the document asks for. Null for one that is gone. */
export class UserLoader {
  readonly #loaded = new Map<string, UserRow | null>()
  readonly #loader: DataLoader<string, UserRow | null>

  constructor(users: UserService) {
    this.#loader = new DataLoader(async (ids) => {
      const found = new Map((await users.findByIds(ids)).map((user) => [user.id, user]))
      for (const id of ids) this.#loaded.set(id, found.get(id) ?? null)
      return ids.map((id) => found.get(id) ?? null)
    })
  }

  /** At once where the account is here already. */
  load(id: string): MaybePromise<UserRow | null> {
    const loaded = this.#loaded.get(id)
    return loaded === undefined ? this.#loader.load(id) : loaded
  }

  /** For a list: a hundred accounts that are there cost less than a hundred promises of one. */
  async prefetch(ids: readonly (string | null)[]): Promise<void> {
    await this.#loader.loadMany([...new Set(ids)].filter((id) => id !== null))
  }
}
