/** A password's bytes may be at most this many, in UTF-8 after normalisation. */
export const MAX_PASSWORD_BYTES = 512

/**
 * A text longer than this many UTF-16 units is over every limit whatever normalisation makes of it (it shortens to a
 * quarter at most). Such a text is never normalised: NFKC takes quadratic time on long runs of combining marks.
 */
export const MAX_RAW_UNITS = 4096

/** NFKC, so that one password typed on two keyboards is one (NIST SP 800-63B-4 section 3.1.1.2). */
export function normalizePassword(password: string): string {
  return password.normalize('NFKC')
}

/** Lone surrogates all become the same U+FFFD in UTF-8, and a NUL ends the string for C libraries. */
export function hasUnsafeUnits(password: string): boolean {
  return !password.isWellFormed() || password.includes('\0')
}

/** Whether the password may meet the hash function at all. False: no account can have it. */
export function isHashable(password: string): boolean {
  if (password.length > MAX_RAW_UNITS || hasUnsafeUnits(password)) return false
  return Buffer.byteLength(normalizePassword(password)) <= MAX_PASSWORD_BYTES
}
