import { v7 } from 'uuid'

/** UUIDv7 (RFC 9562): ordered by creation. */
export function newId(): string {
  return v7()
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** Malformed ids count as unknown. They must not reach a column, where padding or a cast could match one. */
export function isId(value: string): boolean {
  return UUID.test(value)
}
