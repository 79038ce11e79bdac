import sonicBoom, { type SonicBoom } from 'sonic-boom'

/** Where lines go. A stream that cannot write keeps lines up to a bound and then drops them; it never throws. */
export interface LogStream {
  /** @param line with its newline */
  write(line: string): unknown
  /** Calls back once the lines so far are written, or cannot be. */
  flush?(done: () => void): void
}

/** What may wait in a stream, in bytes. */
export const MAX_WAITING_BYTES = 4_194_304

/**
 * Standard output, written in the background. A reader that has stalled is tried again until it reads.
 *
 * This is pino.destination() without its hook at exit, which waits for ever for a reader that has stalled.
 */
export function openStdout(descriptor = nonBlockingStdout()): SonicBoom {
  const stream = new sonicBoom.SonicBoom({
    fd: descriptor,
    sync: false,
    maxLength: MAX_WAITING_BYTES,
    // With 0, the default, flush() does not wait for what is being written.
    minLength: 1,
  })
  // A closed pipe or a full disk: the lines stay in the stream, and the next one tries again.
  stream.on('error', () => undefined)
  return stream
}

/** Node makes a pipe non-blocking when process.stdout is first used. A blocked write would prevent the exit. */
function nonBlockingStdout(): number {
  return process.stdout.fd
}
