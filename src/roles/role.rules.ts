import { checkLength, type TextFaultCode } from '../plain-text.ts'

const LENGTH = { min: 2, max: 32 }
const NAME = /^[a-z][a-z0-9_-]*$/

export const ROLE_NAME_RULES = [
  { code: 'TOO_SHORT', message: `The name of a role has at least ${LENGTH.min} characters.` },
  { code: 'TOO_LONG', message: `The name of a role has at most ${LENGTH.max} characters.` },
  { code: 'INVALID', message: 'The name of a role is made of a-z, 0-9, "-" and "_", and begins with a letter.' },
] as const

/** The rules that a name breaks. Names are exact: nothing is trimmed, and no case is folded. */
export function checkRoleName(name: string): TextFaultCode[] {
  const faults = checkLength(name, LENGTH)
  return name === '' || NAME.test(name) ? faults : [...faults, 'INVALID']
}

/** Others are not looked up: MySQL pads and folds when it compares. */
export function isRoleName(name: string): boolean {
  return checkRoleName(name).length === 0
}
