import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { StartRefusedError } from '../errors.ts'

/** Writes a piece of text; resolves when the reader is ready for more. */
export type Write = (text: string) => Promise<void>

/** Its writes reject with StartRefusedError once the reader has gone, as `head` does. */
export function writeTo(stream: Writable): Write {
  return async (text) => {
    try {
      if (stream.errored) throw stream.errored
      if (!stream.write(text)) await once(stream, 'drain')
    } catch {
      throw new StartRefusedError('Nobody reads the output any more.')
    }
  }
}
