import { randomBytes } from 'node:crypto'
import { ActivityAction } from '../activity/actions.ts'
import { ConflictError } from '../errors.ts'
import { validateInput } from '../graphql/validate-input.ts'
import { RegisterInput } from './user.inputs.ts'
import type { UserService } from './user.service.ts'

export interface AdminAccount {
  username: string
  email: string
  password: string
}

/**
 * Creates an administrator for the operator; a client cannot register as one.
 * @throws BadUserInputError with paths as `username`, ConflictError
 */
export async function createAdmin(userService: UserService, account: AdminAccount): Promise<{ id: string }> {
  validateInput(Object.assign(new RegisterInput(), account), () => '')
  return userService.create(
    { ...account, role: 'admin', isActive: true, isEmailVerified: true },
    ActivityAction.USER_CREATED,
  )
}

/**
 * In an empty database, creates `admin` and returns its password of 120 random bits, which cannot be read again.
 * Null when an account exists, or another process was first.
 */
export async function createFirstAdmin(userService: UserService): Promise<string | null> {
  if (!(await userService.isEmpty())) return null
  const password = randomBytes(15).toString('base64url')
  try {
    await createAdmin(userService, { username: 'admin', email: 'admin@example.com', password })
    return password
  } catch (error) {
    if (error instanceof ConflictError) return null
    throw error
  }
}
