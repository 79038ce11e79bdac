import type { FieldFault } from '../errors.ts'
import { importFaultOf } from '../passwords/hash-formats.ts'
import { NO_PASSWORD } from '../passwords/password-hasher.ts'
import { RecordReader } from '../record-reader.ts'
import { newUser } from './account.ts'
import { checkDisplayName, checkEmail, checkUsername } from './identity.ts'
import { DISPLAY_NAME_RULES, EMAIL_RULES, USERNAME_RULES } from './identity.validators.ts'
import type { User } from './user.entity.ts'

/** An account as another program, or an export, describes it. A new one takes the default of what was left out. */
export interface ImportedAccount {
  id?: string
  username: string
  email: string
  passwordHash?: string
  displayName?: string | null
  role?: string
  isActive?: boolean
  createdAt?: Date
  lastLoginAt?: Date | null
  emailVerifiedAt?: Date | null
}

export interface ImportRules {
  now: Date
  /** Whether there is such a role. */
  isRole(name: string): boolean
}

/** The names that a record may have. Others are ignored. */
export const ACCOUNT_FIELDS: ReadonlySet<string> = new Set([
  'id',
  'username',
  'email',
  'password_hash',
  'display_name',
  'role',
  'is_active',
  'created_at',
  'last_login_at',
  'email_verified_at',
])

/** By the rules of `createUser`. Returns every fault; none repeats a value. */
export function readAccount(
  record: Readonly<Record<string, unknown>>,
  rules: ImportRules,
): ImportedAccount | FieldFault[] {
  const reader = new RecordReader(record, rules.now)
  const account = {
    id: reader.id('id'),
    username: reader.required('username', USERNAME_RULES, checkUsername),
    email: reader.required('email', EMAIL_RULES, checkEmail),
    passwordHash: reader.textBy('password_hash', importFaultOf),
    displayName: reader.text('display_name', DISPLAY_NAME_RULES, checkDisplayName),
    role: reader.textBy('role', (name) => (rules.isRole(name) ? null : 'There is no such role.')),
    isActive: reader.flag('is_active'),
    createdAt: reader.moment('created_at') ?? undefined,
    lastLoginAt: reader.moment('last_login_at'),
    emailVerifiedAt: reader.moment('email_verified_at'),
  }
  return reader.faults.length > 0 ? reader.faults : account
}

export function newImportedUser(account: ImportedAccount, now: Date): User {
  const { username, email, displayName, role = 'user', isActive = true, passwordHash = NO_PASSWORD } = account
  const user = newUser({ username, email, displayName, role, isActive }, passwordHash, now)
  return {
    ...user,
    id: account.id ?? user.id,
    createdAt: account.createdAt ?? now,
    lastLoginAt: account.lastLoginAt ?? null,
    emailVerifiedAt: account.emailVerifiedAt ?? null,
  }
}

/** As `import` reads it. */
export function toRecord(
  user: Omit<User, 'usernameKey' | 'emailKey' | 'updatedAt' | 'pendingEmail' | 'turn'>,
): Record<string, unknown> {
  return {
    id: user.id,
    username: user.username,
    email: user.email,
    ...(user.passwordHash !== NO_PASSWORD && { password_hash: user.passwordHash }),
    display_name: user.displayName,
    role: user.role,
    is_active: user.isActive,
    created_at: user.createdAt,
    last_login_at: user.lastLoginAt,
    email_verified_at: user.emailVerifiedAt,
  }
}
