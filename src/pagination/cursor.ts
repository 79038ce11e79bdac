import { createHmac, timingSafeEqual } from 'node:crypto'

/** The position of a row in its list: the value that the list is ordered by, then the id. */
export interface Position {
  key: string | Date
  id: string
}

const MAX_CURSOR_LENGTH = 1024
const MAC_BYTES = 16

/**
 * Encodes a position with a MAC that binds it to its list. Changed cursors and those of other lists are refused, so no
 * value of a client's making reaches a comparison in the database.
 */
export class CursorCodec {
  readonly #keys: Uint8Array[]

  /** @param secret MAC keys; cursors of the previous one are still accepted */
  constructor(secret: { current: Uint8Array; previous?: Uint8Array }) {
    this.#keys = [secret.current, ...(secret.previous ? [secret.previous] : [])]
  }

  encode({ key, id }: Position, list: string): string {
    const body = Buffer.from(JSON.stringify(key instanceof Date ? [key.getTime(), id] : [key, id]))
    return Buffer.concat([this.#mac(body, list, this.#keys[0] as Uint8Array), body]).toString('base64url')
  }

  /** Null for anything but a cursor of this list. */
  decode(cursor: string, list: string): Position | null {
    if (cursor.length > MAX_CURSOR_LENGTH) return null
    const bytes = Buffer.from(cursor, 'base64url')
    if (bytes.length <= MAC_BYTES || bytes.toString('base64url') !== cursor) return null
    const mac = bytes.subarray(0, MAC_BYTES)
    const body = bytes.subarray(MAC_BYTES)
    if (!this.#keys.some((key) => timingSafeEqual(this.#mac(body, list, key), mac))) return null
    const [key, id] = JSON.parse(body.toString()) as [string | number, string]
    return { key: typeof key === 'number' ? new Date(key) : key, id }
  }

  #mac(body: Buffer, list: string, key: Uint8Array): Buffer {
    return createHmac('sha256', key).update(`${list}\n`).update(body).digest().subarray(0, MAC_BYTES)
  }
}
