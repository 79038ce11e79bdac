import { FollowsRules } from '../graphql/field-rules.ts'
import {
  checkDisplayName,
  checkEmail,
  checkUsername,
  DISPLAY_NAME_MAX_LENGTH,
  EMAIL_LOCAL_MAX_LENGTH,
  EMAIL_MAX_LENGTH,
  USERNAME_LENGTH,
} from './identity.ts'

export const USERNAME_RULES = [
  { code: 'TOO_SHORT', message: `A username has at least ${USERNAME_LENGTH.min} characters.` },
  { code: 'TOO_LONG', message: `A username has at most ${USERNAME_LENGTH.max} characters.` },
  {
    code: 'INVALID',
    message: 'A username is made of letters, digits, ".", "_" and "-", and begins and ends with a letter or digit.',
  },
] as const

export const EMAIL_RULES = [
  {
    code: 'TOO_LONG',
    message: `An e-mail address has at most ${EMAIL_MAX_LENGTH} characters, ${EMAIL_LOCAL_MAX_LENGTH} before the "@".`,
  },
  { code: 'INVALID', message: 'This is not an e-mail address.' },
] as const

export const DISPLAY_NAME_RULES = [
  { code: 'TOO_LONG', message: `A display name has at most ${DISPLAY_NAME_MAX_LENGTH} characters.` },
  { code: 'INVALID', message: 'A display name holds no control or direction characters.' },
] as const

/** Surrounding white space is not counted; the service removes it. */
export function IsUsername(): PropertyDecorator {
  return FollowsRules('isUsername', USERNAME_RULES, checkUsername)
}

/** Surrounding white space is not counted; the service removes it. */
export function IsEmailAddress(): PropertyDecorator {
  return FollowsRules('isEmailAddress', EMAIL_RULES, checkEmail)
}

/** Surrounding white space is not counted. Null and an empty text are valid: they clear the name. */
export function IsDisplayName(): PropertyDecorator {
  return FollowsRules('isDisplayName', DISPLAY_NAME_RULES, checkDisplayName)
}
