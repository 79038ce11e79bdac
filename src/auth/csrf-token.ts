import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** No token begins so: a colon is no character of base64url. */
const PREFIX = 'sha256:'

/** A new token of 256 random bits, 43 characters. Its session stores `storedForm` of it. */
export function newCsrfToken(): string {
  return randomBytes(32).toString('base64url')
}

/** What the database keeps of a token: its SHA-256, from which nobody finds 256 random bits. 50 characters. */
export function storedForm(token: string): string {
  return `${PREFIX}${digest(token).toString('base64url')}`
}

/**
 * Whether a token is that of a session. Sessions that version 0.1.0 began store the token itself, which is as good. The
 * stored form is never accepted as a token.
 */
export function isCsrfToken(stored: string | null, given: string | null): given is string {
  if (stored === null || given === null) return false
  const expected = stored.startsWith(PREFIX) ? stored : storedForm(stored)
  return timingSafeEqual(digest(expected), digest(storedForm(given)))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
