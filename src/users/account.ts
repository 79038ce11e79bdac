import { violatedUniqueKey } from '../database/faults.ts'
import { newId } from '../database/ids.ts'
import { TakenError, type UniqueField } from '../errors.ts'
import { displayNameOf, emailKey, trimIdentifier, usernameKey } from './identity.ts'
import type { User } from './user.entity.ts'
import type { UserRow } from './user.row.ts'

/** The columns that a change of an account may write. */
export type AccountChanges = Partial<UserRow & Pick<User, 'usernameKey' | 'emailKey'>>

/** The details of an account that can be changed; undefined leaves one as it is. */
export interface AccountDetails {
  username?: string
  email?: string
  displayName?: string | null
  role?: string
  isActive?: boolean
}

export interface NewAccount {
  username: string
  email: string
  /** Null: none matches, until the link of a mail sets one. */
  password: string | null
  displayName?: string | null
  role: string
  isActive: boolean
  /** Left out: false. */
  isEmailVerified?: boolean
}

/** A new account from validated input, trimmed and with its canonical keys. */
export function newUser(account: Omit<NewAccount, 'password'>, passwordHash: string, now: Date): User {
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
    emailVerifiedAt: account.isEmailVerified ? now : null,
    pendingEmail: null,
    totpEnabledAt: null,
    turn: 0,
  }
}

/** Where both are taken, `field` names the first. */
const UNIQUE_FIELDS: readonly UniqueField[] = ['username', 'email']

/** The columns that differ, with canonical keys and `updatedAt`; null when nothing differs. */
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
  if (email !== undefined && email !== before.email) Object.assign(changes, addressColumns(before, email))
  if (displayName !== undefined && displayName !== before.displayName) changes.displayName = displayName
  if (role !== undefined && role !== before.role) changes.role = role
  if (isActive !== undefined && isActive !== before.isActive) changes.isActive = isActive
  if (Object.keys(changes).length === 0) return null
  changes.updatedAt = now
  return changes
}

/** Another address is unconfirmed, another spelling of the same one is not. What was pending ends with both. */
function addressColumns(before: UserRow, email: string): AccountChanges {
  const address = { email, emailKey: emailKey(email), pendingEmail: null }
  return isSameAddress(before.email, email) ? address : { ...address, emailVerifiedAt: null }
}

export function isSameAddress(one: string, other: string): boolean {
  return emailKey(one) === emailKey(other)
}

/**
 * Throws TakenError where the write violates a unique key. Databases name only the key that they check first, so a
 * write of both passes `findTaken`, which is asked after such a failure.
 */
export async function orConflict<T>(
  write: () => Promise<T>,
  findTaken: () => Promise<readonly UniqueField[]> = async () => [],
): Promise<T> {
  try {
    return await write()
  } catch (error) {
    const key = violatedUniqueKey(error)
    const violated = UNIQUE_FIELDS.find((field) => key?.includes(`${field}_key`))
    if (!violated) throw error
    const taken = [violated, ...(await findTaken())]
    const [first = violated, ...others] = UNIQUE_FIELDS.filter((field) => taken.includes(field))
    throw new TakenError(first, ...others)
  }
}
