import { timingSafeEqual } from 'node:crypto'

/** A stored hash that could be read. */
export interface StoredHash {
  /** Whether one check stays within the bound on time and memory of its kind. */
  readonly isAffordable: boolean
  /** Takes the password as it is, without normalising it. */
  matches(password: string): Promise<boolean>
}

/** A kind of password hash, in the form in which another program has stored it. */
export interface HashFormat {
  /** As operators know it. */
  readonly name: string
  readonly prefix: RegExp
  /** Null for a text that has the prefix and is no hash of this kind. */
  read(text: string): StoredHash | null
}

/** In constant time. */
export function isEqual(digest: Buffer, expected: Buffer): boolean {
  return digest.length === expected.length && timingSafeEqual(digest, expected)
}
