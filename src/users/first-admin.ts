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
 * Makes an administrator on behalf of the operator. Nobody can register as one.
 * @throws BadUserInputError with paths as `username`, ConflictError
 */
export async function createAdmin(users: UserService, account: AdminAccount): Promise<{ id: string }> {
  validateInput(Object.assign(new RegisterInput(), account), () => '')
  return users.create({ ...account, role: 'admin', isActive: true }, ActivityAction.USER_CREATED)
}

/**
 * Where there is no account yet, makes `admin` with a password of 120 random bits and returns it, to be told once.
 * Null where there is one already, or where another process has just been first.
 */
export async function createFirstAdmin(users: UserService): Promise<string | null> {
  if (!(await users.isEmpty())) return null
  const password = randomBytes(15).toString('base64url')
  try {
    await createAdmin(users, { username: 'admin', email: 'admin@example.com', password })
    return password
  } catch (error) {
    if (error instanceof ConflictError) return null
    throw error
  }
}
