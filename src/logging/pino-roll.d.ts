declare module 'pino-roll' {
  import type { EventEmitter } from 'node:events'

  /** A sonic-boom stream that goes on in the next file when one is full. */
  export interface RollingStream extends EventEmitter {
    readonly file: string
    write(line: string): boolean
  }

  export default function createStream(options: {
    file: string
    size: string
    limit: { count: number; removeOtherLogFiles: boolean }
    mkdir: boolean
    mode: number
    sync: boolean
    maxLength: number
    retryEAGAIN: () => boolean
  }): Promise<RollingStream>
}
