import DataLoader from 'dataloader'
import type { UserRow } from './user.row.ts'
import type { UserService } from './user.service.ts'

/** Accounts by id, in one statement for all that a level of the document asks for. Null for one that is gone. */
export function createUserLoader(users: UserService): DataLoader<string, UserRow | null> {
  return new DataLoader(async (ids) => {
    const found = new Map((await users.findByIds(ids)).map((user) => [user.id, user]))
    return ids.map((id) => found.get(id) ?? null)
  })
}
