import { lstatSync, rmSync, symlinkSync } from 'node:fs'
import { basename } from 'node:path'
import type { SonicBoom } from 'sonic-boom'
import type { LogConfig } from '../config.ts'
import { type LogStream, MAX_WAITING_BYTES } from './log-stream.ts'

type FileConfig = NonNullable<LogConfig['file']>

const RETRY_MS = 5000
/** In characters, which take up to three bytes each. */
const MAX_WAITING_LENGTH = MAX_WAITING_BYTES / 4

/**
 * pino-roll's files, name.1.log, name.2.log and so on, with the name itself as a link to the one in use.
 *
 * pino-roll opens its first file asynchronously and once. So lines wait here until it is open, and a folder that cannot
 * be made or written is tried again.
 */
export class LogFile implements LogStream {
  #stream: SonicBoom | undefined
  #opening: Promise<void> | undefined
  #retryAt = 0
  #waiting = ''

  constructor(
    private readonly config: FileConfig,
    private readonly onFault: (error: unknown) => void,
  ) {}

  write(line: string): void {
    if (this.#stream) {
      this.#stream.write(line)
      return
    }
    if (this.#waiting.length + line.length <= MAX_WAITING_LENGTH) this.#waiting += line
    if (performance.now() >= this.#retryAt) void this.#open()
  }

  /** An open file is written synchronously, so only one that is being opened is waited for. */
  flush(done: () => void): void {
    if (this.#stream || this.#waiting === '') done()
    else void this.#open().then(done)
  }

  /** Never rejects: a fault is reported. */
  #open(): Promise<void> {
    this.#opening ??= this.#tryToOpen()
      .catch((error: unknown) => {
        this.#retryAt = performance.now() + RETRY_MS
        this.onFault(error)
      })
      .finally(() => {
        this.#opening = undefined
      })
    return this.#opening
  }

  async #tryToOpen(): Promise<void> {
    const stream = await openRolling(this.config)
    stream.on('error', this.onFault)
    // Emitted for each file that follows the first.
    stream.on('ready', () => this.#link(stream.file))
    this.#link(stream.file)
    this.#stream = stream
    stream.write(this.#waiting)
    this.#waiting = ''
  }

  /** A file that is there under the name is left alone. Without the link the lines are still in the numbered files. */
  #link(file: string): void {
    const { path } = this.config
    try {
      if (lstatSync(path, { throwIfNoEntry: false })?.isFile()) return
      rmSync(path, { force: true })
      symlinkSync(basename(file), path)
    } catch (error) {
      this.onFault(error)
    }
  }
}

async function openRolling({ path, size, count }: FileConfig) {
  const { default: createStream } = await import('pino-roll')
  return createStream({
    file: path,
    size,
    // Without removeOtherLogFiles, files of earlier runs would stay for ever.
    limit: { count, removeOtherLogFiles: true },
    mkdir: true,
    mode: 0o640,
    // Into the system's cache, so nothing is lost at exit.
    sync: true,
    maxLength: MAX_WAITING_BYTES,
    // A synchronous stream would sleep before it tries again, and the whole process with it.
    retryEAGAIN: () => false,
  })
}
