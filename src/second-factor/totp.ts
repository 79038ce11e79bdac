import { Secret, TOTP } from 'otpauth'

/** RFC 6238 with the settings that every app knows. */
const SETTINGS = { algorithm: 'SHA1', digits: 6, period: 30 } as const
const SECRET_BYTES = 20

/** 160 random bits (RFC 4226 section 4, R6). */
export function newTotpSecret(): Uint8Array {
  return new Secret({ size: SECRET_BYTES }).bytes
}

export function toBase32(secret: Uint8Array): string {
  return secretOf(secret).base32
}

/** What an app reads as a QR code. The label is `issuer:username`; a colon of the issuer's own would split it elsewhere. */
export function totpUri(secret: Uint8Array, issuer: string, username: string): string {
  const label = `${encodeURIComponent(issuer.replaceAll(':', ''))}:${encodeURIComponent(username)}`
  const { algorithm, digits, period } = SETTINGS
  const parameters = { issuer, secret: toBase32(secret), algorithm, digits, period }
  const query = Object.entries(parameters).map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
  return `otpauth://totp/${label}?${query.join('&')}`
}

/**
 * The time step whose code this is, of the present one and one beside it (RFC 6238 section 5.2); else null. White space
 * is ignored, since apps show `123 456`.
 */
export function stepOf(secret: Uint8Array, code: string, now: Date): number | null {
  const token = code.replaceAll(/\s/g, '')
  if (!/^[0-9]{6}$/.test(token)) return null
  const timestamp = now.getTime()
  const delta = TOTP.validate({ ...SETTINGS, token, secret: secretOf(secret), timestamp, window: 1 })
  return delta === null ? null : TOTP.counter({ period: SETTINGS.period, timestamp }) + delta
}

/** A copy: the bytes may be a part of a larger buffer. */
function secretOf(bytes: Uint8Array): Secret {
  return new Secret({ buffer: Uint8Array.from(bytes).buffer })
}
