import DataLoader from 'dataloader'
import type { UserRow } from './user.row.ts'
import type { UserService } from './user.service.ts'

/** Accounts by id, in one statement for each level of the document. Null for an account that is gone. */
export function createUserLoader(userService: UserService): DataLoader<string, UserRow | null> {
  return new DataLoader(async (ids) => {
    const found = new Map((await userService.findByIds(ids)).map((user) => [user.id, user]))
    return ids.map((id) => found.get(id) ?? null)
  })
}
