/**
 * The rules of usernames, e-mail addresses and display names. Each takes time linear in the length of the text.
 * Checks take the text as sent: they ignore surrounding white space, and change nothing else.
 */

import { checkLength, checkPlainText, plainTextOf, type TextFaultCode } from '../plain-text.ts'

export const USERNAME_LENGTH = { min: 3, max: 64 }
export const EMAIL_MAX_LENGTH = 254
export const EMAIL_LOCAL_MAX_LENGTH = 64
export const DISPLAY_NAME_MAX_LENGTH = 100

const USERNAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/
/** The WHATWG pattern of an e-mail address, in parts so that none can backtrack into another. */
const EMAIL_LOCAL = /^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+$/
const EMAIL_LABEL = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?$/
const EMAIL_LABEL_MAX_LENGTH = 63

/** For identifiers and display names; a password is never trimmed. */
export function trimIdentifier(value: string): string {
  return value.trim()
}

/** The canonical spelling that is unique among usernames. */
export function usernameKey(username: string): string {
  return toAsciiLowerCase(trimIdentifier(username))
}

/** The canonical spelling that is unique among e-mail addresses. */
export function emailKey(email: string): string {
  return toAsciiLowerCase(trimIdentifier(email))
}

/** The canonical spelling of a login identifier. Only e-mail addresses contain an `@`. */
export function identifierKey(identifier: string): string {
  return identifier.includes('@') ? emailKey(identifier) : usernameKey(identifier)
}

/** 3 to 64 of letters, digits, `.`, `_`, `-`, with a letter or digit at either end, all ASCII. */
export function checkUsername(value: string): TextFaultCode[] {
  const username = trimIdentifier(value)
  const faults = checkLength(username, USERNAME_LENGTH)
  return username === '' || USERNAME.test(username) ? faults : [...faults, 'INVALID']
}

/** The WHATWG pattern with a dot in the domain; local part at most 64, 254 in all. ASCII. */
export function checkEmail(value: string): TextFaultCode[] {
  const email = trimIdentifier(value)
  const at = email.indexOf('@')
  const isTooLong = email.length > EMAIL_MAX_LENGTH || at > EMAIL_LOCAL_MAX_LENGTH
  const isValid = EMAIL_LOCAL.test(email.slice(0, Math.max(at, 0))) && isDomain(email.slice(at + 1))
  return [...(isTooLong ? (['TOO_LONG'] as const) : []), ...(isValid ? [] : (['INVALID'] as const))]
}

/** Up to 100 code points, no control or bidi characters, no lone surrogates. An empty text clears the name. */
export function checkDisplayName(value: string): TextFaultCode[] {
  return checkPlainText(value, { max: DISPLAY_NAME_MAX_LENGTH })
}

/** The display name as stored: trimmed, null for none. */
export const displayNameOf = plainTextOf

function isDomain(domain: string): boolean {
  const labels = domain.split('.')
  return (
    labels.length >= 2 && labels.every((label) => label.length <= EMAIL_LABEL_MAX_LENGTH && EMAIL_LABEL.test(label))
  )
}

/** Not `toLowerCase`: it turns the Kelvin sign and the dotted I into ASCII letters, which name another account. */
function toAsciiLowerCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}
