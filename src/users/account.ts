import type { RoleName } from '../authorization/permissions.ts'
import { violatedUniqueKey } from '../database/faults.ts'
import { newId } from '../database/ids.ts'
import { ConflictError } from '../errors.ts'
import { displayNameOf, emailKey, trimIdentifier, usernameKey } from './identity.ts'
import type { User } from './user.entity.ts'
import type { UserRow } from './user.row.ts'

/** What a change of an account may touch. */
export type AccountChanges = Partial<UserRow & Pick<User, 'usernameKey' | 'emailKey'>>

/** What may be changed of an account; undefined stays as it is. */
export interface AccountDetails {
  username?: string
  email?: string
  displayName?: string | null
  role?: RoleName
  isActive?: boolean
}

/** A new account from checked input: surrounding white space removed, canonical keys made. */
export function newUser(
  account: { username: string; email: string; displayName?: string | null; role: RoleName; isActive: boolean },
  passwordHash: string,
  now: Date,
): User {
  return {
    id: newId(),
    username: trimIdentifier(account.username),
    usernameKey: usernameKey(account.username),
    email: trimIdentifier(account.email),
    emailKey: emailKey(account.email),
    displayName: displayNameOf(account.displayName ?? null),
    role: account.role,
    isActive: account.isActive,
    passwordHash,
    createdAt: now,
    updatedAt: now,
    lastLoginAt: null,
    turn: 0,
  }
}

/** The columns that really change, `updatedAt` and canonical keys with them; null where nothing does. */
export function changedColumns(before: UserRow, details: AccountDetails, now: Date): AccountChanges | null {
  const { role, isActive } = details
  const username = details.username === undefined ? undefined : trimIdentifier(details.username)
  const email = details.email === undefined ? undefined : trimIdentifier(details.email)
  const displayName = details.displayName === undefined ? undefined : displayNameOf(details.displayName)
  const changes: AccountChanges = {}
  if (username !== undefined && username !== before.username) {
    changes.username = username
    changes.usernameKey = usernameKey(username)
  }
  if (email !== undefined && email !== before.email) {
    changes.email = email
    changes.emailKey = emailKey(email)
  }
  if (displayName !== undefined && displayName !== before.displayName) changes.displayName = displayName
  if (role !== undefined && role !== before.role) changes.role = role
  if (isActive !== undefined && isActive !== before.isActive) changes.isActive = isActive
  if (Object.keys(changes).length === 0) return null
  changes.updatedAt = now
  return changes
}

/**
 * Turns the violation of a unique key into a ConflictError. Databases name the first key that they checked; where
 * both are taken the answer is `username` on each of them.
 */
export async function onConflict<T>(
  write: () => Promise<T>,
  names: { username?: string },
  isUsernameTaken: (usernameKey: string) => Promise<boolean>,
): Promise<T> {
  try {
    return await write()
  } catch (error) {
    const key = violatedUniqueKey(error)
    if (key?.includes('username_key')) throw new ConflictError('username')
    if (!key?.includes('email_key')) throw error
    const isAlsoTaken = names.username !== undefined && (await isUsernameTaken(usernameKey(names.username)))
    throw new ConflictError(isAlsoTaken ? 'username' : 'email')
  }
}
