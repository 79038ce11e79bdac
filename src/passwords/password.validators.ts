import type { ValidationArguments } from 'class-validator'
import { FollowsRules } from '../graphql/field-rules.ts'
import { checkPassword, PASSWORD_FAULTS } from './password-policy.ts'

/** A new password. It must not contain the `username` or the `email` of the same input. */
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
