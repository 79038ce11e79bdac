/** In UTF-8, after normalisation. */
export const MAX_PASSWORD_BYTES = 512

/**
 * Texts of more UTF-16 units are over every limit, because normalisation shortens a text to a quarter at most. They are
 * never normalised: NFKC takes quadratic time on long runs of combining marks.
 */
export const MAX_RAW_UNITS = 4096

/** NFKC, so that a password typed on different keyboards stays the same (NIST SP 800-63B-4 section 3.1.1.2). */
export function normalizePassword(password: string): string {
  return password.normalize('NFKC')
}

/** Lone surrogates all become U+FFFD in UTF-8, and a NUL ends the string for C libraries. */
export function hasUnsafeUnits(password: string): boolean {
  return !password.isWellFormed() || password.includes('\0')
}

/** Whether the password may be hashed at all. False: no account can have it. */
export function isHashable(password: string): boolean {
  if (password.length > MAX_RAW_UNITS || hasUnsafeUnits(password)) return false
  return Buffer.byteLength(normalizePassword(password)) <= MAX_PASSWORD_BYTES
}
