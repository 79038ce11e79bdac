import { randomBytes } from 'node:crypto'
import { Secret } from 'otpauth'

const CODES = 10
/** 80 bits: 16 characters of base32, which has no 0, 1, 8 and 9 to mistake for letters. */
const CODE_BYTES = 10
const GROUP = /.{4}(?=.)/g

/** Ten codes as people see them: `abcd-efgh-ijkl-mnop`. */
export function newRecoveryCodes(): string[] {
  return Array.from({ length: CODES }, () => {
    const { base32 } = new Secret({ buffer: Uint8Array.from(randomBytes(CODE_BYTES)).buffer })
    return base32.toLowerCase().replaceAll(GROUP, '$&-')
  })
}

/** The one spelling that is hashed: without regard to case, dashes and white space. */
export function canonicalRecoveryCode(code: string): string {
  return code.replaceAll(/[-\s]/g, '').toLowerCase()
}
