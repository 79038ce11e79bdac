import { v7 } from 'uuid'

/** UUIDv7 (RFC 9562): unique for ever, and in the order of making. */
export function newId(): string {
  return v7()
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** A malformed id is an unknown one; what is not an id must never meet a column, where padding or a cast could match it. */
export function isId(value: string): boolean {
  return UUID.test(value)
}
