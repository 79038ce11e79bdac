import { dictionary } from '@zxcvbn-ts/language-common'
import type { FieldFault } from '../errors.ts'
import { hasUnsafeUnits, MAX_PASSWORD_BYTES, MAX_RAW_UNITS, normalizePassword } from './password-text.ts'

/** A fault without its path: the caller knows the field of the password. */
export type PasswordFault = Omit<FieldFault, 'path'>

/** Identifiers that the password may not contain, where they are known. */
export interface PasswordOwner {
  username?: string | null
  email?: string | null
}

const MIN_CODE_POINTS = 8
const MAX_CODE_POINTS = 128
/** From this length on, neither a letter nor a digit is required. */
const PASSPHRASE_CODE_POINTS = 15
/** Shorter identifiers occur in passwords by chance. */
const MIN_IDENTIFIER_LENGTH = 4

const TOO_SHORT = fault('TOO_SHORT', `The password needs at least ${MIN_CODE_POINTS} characters.`)
const TOO_LONG = fault(
  'TOO_LONG',
  `The password may have at most ${MAX_CODE_POINTS} characters and ${MAX_PASSWORD_BYTES} bytes.`,
)
const NEEDS_LETTER_AND_DIGIT = fault(
  'NEEDS_LETTER_AND_DIGIT',
  `The password needs a letter and a digit, or ${PASSPHRASE_CODE_POINTS} characters.`,
)
const TOO_COMMON = fault('TOO_COMMON', 'The password is one of the most common ones.')
const CONTAINS_IDENTIFIER = fault('CONTAINS_IDENTIFIER', 'The password contains the username or the e-mail address.')
const INVALID = fault('INVALID', 'The password holds characters that cannot be kept.')

/** All faults that `checkPassword` can report. */
export const PASSWORD_FAULTS: readonly PasswordFault[] = [
  TOO_SHORT,
  TOO_LONG,
  NEEDS_LETTER_AND_DIGIT,
  TOO_COMMON,
  CONTAINS_IDENTIFIER,
  INVALID,
]

/**
 * The faults of a new password; none when it is valid (NIST SP 800-63B-4 section 3.1.1.2; ASVS 6.2.1, 6.2.4, 6.2.9).
 * Characters are code points after NFKC. Letters and digits are Unicode's (L and Nd), because an ASCII rule would
 * refuse good passwords of most alphabets. Identifiers are compared without regard to case.
 */
export function checkPassword(password: string, owner: PasswordOwner = {}): PasswordFault[] {
  const unsafe = hasUnsafeUnits(password) ? [INVALID] : []
  if (password.length > MAX_RAW_UNITS) return [TOO_LONG, ...unsafe]
  const text = normalizePassword(password)
  const length = [...text].length
  const lowerCase = text.toLowerCase()
  const rules: [boolean, PasswordFault][] = [
    [length < MIN_CODE_POINTS, TOO_SHORT],
    [length > MAX_CODE_POINTS || Buffer.byteLength(text) > MAX_PASSWORD_BYTES, TOO_LONG],
    [length < PASSPHRASE_CODE_POINTS && !(/\p{L}/u.test(text) && /\p{Nd}/u.test(text)), NEEDS_LETTER_AND_DIGIT],
    [commonPasswords().has(lowerCase), TOO_COMMON],
    [identifiersOf(owner).some((identifier) => lowerCase.includes(identifier)), CONTAINS_IDENTIFIER],
  ]
  return [...rules.filter(([isBroken]) => isBroken).map(([, broken]) => broken), ...unsafe]
}

function identifiersOf({ username, email }: PasswordOwner): string[] {
  const [localPart = ''] = (email ?? '').trim().split('@')
  return [(username ?? '').trim(), localPart]
    .filter((identifier) => identifier.length >= MIN_IDENTIFIER_LENGTH)
    .map((identifier) => identifier.toLowerCase())
}

let common: Set<string> | undefined

/** About 18,000: shorter ones are refused for their length. Built at the first check. */
function commonPasswords(): Set<string> {
  common ??= new Set(dictionary['passwords-common'].filter((entry) => entry.length >= MIN_CODE_POINTS))
  return common
}

function fault(code: PasswordFault['code'], message: string): PasswordFault {
  return Object.freeze({ code, message })
}
