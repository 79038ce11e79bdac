declare module 'pino-roll' {
  import type { SonicBoom, SonicBoomOpts } from 'sonic-boom'

  interface RollOptions extends Omit<SonicBoomOpts, 'dest' | 'fd'> {
    file: string
    size: string
    limit: { count: number; removeOtherLogFiles: boolean }
  }

  /** A stream that goes on in the next file when one is full. @throws where the first file cannot be opened */
  export default function createStream(options: RollOptions): Promise<SonicBoom & { readonly file: string }>
}
