/** Not escaped by JSON: line separators, DEL, C1 controls (0x9b begins an ANSI sequence), text direction. */
const UNSAFE = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g
const URL_CREDENTIALS = /([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/"\\@]{1,1000}@/gi
const JWT = /eyJ[\w-]{8,}\.[\w-]+(\.[\w-]*)?/g
const REFRESH_TOKEN = /ghr_[\w-]{20,}/g
const API_KEY = /gatehouse_[\dA-Za-z]{20,}/g
const BEARER = /\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi
const COOKIE = /\b(gatehouse-(?:refresh|csrf)=)[^;\s"\\]+/gi

/**
 * Removes from a finished line of JSON the secrets in free text, which no field name marks, and escapes the characters
 * that terminals and line readers act on. The result is JSON again.
 *
 * @param hidden texts that no line may hold, as they look inside JSON
 */
export function scrubLine(line: string, hidden: readonly string[]): string {
  let safe = line
  for (const value of hidden) {
    if (safe.includes(value)) safe = safe.replaceAll(value, '[Redacted]')
  }
  if (safe.includes('://')) safe = safe.replace(URL_CREDENTIALS, '$1[Redacted]@')
  if (safe.includes('eyJ')) safe = safe.replace(JWT, '[Redacted]')
  if (safe.includes('gatehouse-')) safe = safe.replace(COOKIE, '$1[Redacted]')
  if (safe.includes('ghr_')) safe = safe.replace(REFRESH_TOKEN, '[Redacted]')
  if (safe.includes('gatehouse_')) safe = safe.replace(API_KEY, '[Redacted]')
  return safe.replace(BEARER, '$1 [Redacted]').replace(UNSAFE, escapeCharacter)
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
