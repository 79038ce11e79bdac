import { lstatSync, renameSync, symlinkSync } from 'node:fs'
import { basename } from 'node:path'
import type { RollingStream } from 'pino-roll'
import type { LogConfig } from '../config.ts'
import { MAX_WAITING_LENGTH, type Sink } from './sink.ts'

type LogFile = NonNullable<LogConfig['file']>

/** How long after a failed start of the file the next one is tried. */
const REOPEN_MS = 5000

/**
 * A file that is continued in another when it is full: name.1.log, name.2.log; the name itself is a link to the one
 * in use. Written synchronously, into the system's cache, so nothing is lost at exit. While the disk is full or the
 * folder is closed to us, lines wait up to a bound and are then dropped.
 */
export class FileSink implements Sink {
  #stream: RollingStream | undefined
  #isOpening = false
  #failedAt = Number.NEGATIVE_INFINITY
  #waiting: string[] = []
  #waitingLength = 0

  constructor(
    private readonly file: LogFile,
    private readonly onFault: (error: unknown) => void,
  ) {}

  write(line: string): void {
    if (this.#stream) this.#writeTo(this.#stream, line)
    else this.#keep(line)
  }

  async flush(): Promise<void> {
    if (!this.#stream && !this.#isOpening && this.#waiting.length > 0) await this.#open()
    while (this.#isOpening) await new Promise((resolve) => setTimeout(resolve, 5))
  }

  /** Until the file is open. */
  #keep(line: string): void {
    if (this.#waitingLength + line.length <= MAX_WAITING_LENGTH) {
      this.#waiting.push(line)
      this.#waitingLength += line.length
    }
    if (!this.#isOpening && performance.now() - this.#failedAt > REOPEN_MS) void this.#open()
  }

  /** Never rejects: a fault is reported. */
  async #open(): Promise<void> {
    this.#isOpening = true
    try {
      const stream = await openRolling(this.file)
      stream.on('error', this.onFault)
      stream.on('ready', () => this.#link(stream))
      this.#link(stream)
      this.#stream = stream
      for (const line of this.#waiting.splice(0)) this.#writeTo(stream, line)
    } catch (error) {
      this.#failedAt = performance.now()
      this.onFault(error)
    } finally {
      this.#isOpening = false
    }
  }

  #writeTo(stream: RollingStream, line: string): void {
    try {
      stream.write(line)
    } catch (error) {
      this.onFault(error)
    }
  }

  /** Best effort: the lines are there without it. */
  #link(stream: RollingStream): void {
    try {
      if (!lstatSync(this.file.path, { throwIfNoEntry: false })?.isSymbolicLink() && exists(this.file.path)) return
      const draft = `${this.file.path}.link`
      symlinkSync(basename(stream.file), draft)
      renameSync(draft, this.file.path)
    } catch (error) {
      this.onFault(error)
    }
  }
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined
}

async function openRolling({ path, size, count }: LogFile): Promise<RollingStream> {
  const { default: createStream } = await import('pino-roll')
  return createStream({
    file: path,
    size,
    // Without removeOtherLogFiles, files of earlier runs would stay for ever.
    limit: { count, removeOtherLogFiles: true },
    mkdir: true,
    mode: 0o640,
    sync: true,
    maxLength: MAX_WAITING_LENGTH,
    // A synchronous stream would sleep and try again, with the whole process waiting.
    retryEAGAIN: () => false,
  })
}
