import { type AccountChanges, changedColumns } from './account.ts'
import type { ImportedAccount } from './imported-account.ts'
import type { UserRow, UserWithHash } from './user.row.ts'

/** Whether the account is still as the import describes it, but for what a sign-in changes. */
export function isUnchanged(user: UserWithHash, account: ImportedAccount): boolean {
  const changes = changesOf(user, user.passwordHash, account, user.updatedAt) ?? {}
  const { updatedAt: _, passwordHash, lastLoginAt, ...others } = changes
  const isRedone = passwordHash === undefined || user.passwordHash.startsWith('$argon2id$')
  const isEarlier = !lastLoginAt || (user.lastLoginAt !== null && lastLoginAt < user.lastLoginAt)
  return Object.keys(others).length === 0 && isRedone && isEarlier
}

/** The columns that an import of an account would write; null where nothing differs. */
export function changesOf(
  before: UserRow,
  hash: string | null,
  account: ImportedAccount,
  now: Date,
): (AccountChanges & { passwordHash?: string }) | null {
  const { username, email, displayName, role, isActive, passwordHash, createdAt, lastLoginAt, emailVerifiedAt } =
    account
  const changes = {
    ...changedColumns(before, { username, email, displayName, role, isActive }, now),
    ...(passwordHash !== undefined && passwordHash !== hash && { passwordHash }),
    ...(createdAt && createdAt.getTime() !== before.createdAt.getTime() && { createdAt }),
    ...(lastLoginAt && lastLoginAt.getTime() !== before.lastLoginAt?.getTime() && { lastLoginAt }),
    ...(emailVerifiedAt && emailVerifiedAt.getTime() !== before.emailVerifiedAt?.getTime() && { emailVerifiedAt }),
  }
  return Object.keys(changes).length === 0 ? null : { ...changes, updatedAt: now }
}
