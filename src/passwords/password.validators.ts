import type { ValidationArguments } from 'class-validator'
import { FollowsRules } from '../graphql/field-rules.ts'
import { checkPassword, PASSWORD_FAULTS } from './password-policy.ts'

/** A new password. `username` and `email` beside it in the same input, where there are any, may not be part of it. */
export function IsNewPassword(): PropertyDecorator {
  return FollowsRules('isNewPassword', PASSWORD_FAULTS, (password, args) =>
    checkPassword(password, ownerOf(args)).map(({ code }) => code),
  )
}

function ownerOf(args: ValidationArguments | undefined): { username?: string; email?: string } {
  const input = { ...args?.object } as { username?: unknown; email?: unknown }
  return {
    username: typeof input.username === 'string' ? input.username : undefined,
    email: typeof input.email === 'string' ? input.email : undefined,
  }
}
