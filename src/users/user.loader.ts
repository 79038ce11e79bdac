import DataLoader from 'dataloader'
import type { UserRow } from './user.entity.ts'
import type { UserRepository } from './user.repository.ts'

/** Accounts by id, in one statement for all that a level of the document asks for. */
export function createUserLoader(users: UserRepository): DataLoader<string, UserRow | null> {
  return new DataLoader(async (ids) => {
    const found = new Map((await users.findByIds(ids)).map((user) => [user.id, user]))
    return ids.map((id) => found.get(id) ?? null)
  })
}
