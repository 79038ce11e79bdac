import { ActivityAction } from '../activity/actions.ts'
import { validateInput } from '../api/validate-input.ts'
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
  validateInput(Object.assign(new RegisterInput(), account), '')
  return users.create({ ...account, role: 'admin', isActive: true }, ActivityAction.USER_CREATED)
}
