import { write } from 'node:fs'
import { MAX_WAITING_LENGTH, type Sink } from './sink.ts'

/** How soon to try again: a full pipe empties quickly, a full disk does not. */
const BUSY_MS = 50
const BROKEN_MS = 1000

/**
 * Standard output without blocking: a stalled reader costs memory up to a bound, then lines. A closed pipe ends the
 * sink and nothing else. process.stdout would block on a pipe and throw on a closed one.
 */
export class StdoutSink implements Sink {
  #waiting: string[] = []
  #waitingLength = 0
  #dropped = 0
  #isWriting = false
  #isClosed = false
  #flushed: (() => void)[] = []

  /** @param onDropped told how many lines were lost, once lines go out again */
  constructor(
    private readonly onDropped: (count: number) => void,
    private readonly descriptor = openStdout(),
  ) {}

  write(line: string): void {
    if (this.#isClosed) return
    if (this.#waitingLength + line.length > MAX_WAITING_LENGTH) {
      this.#dropped += 1
      return
    }
    this.#waiting.push(line)
    this.#waitingLength += line.length
    if (!this.#isWriting) this.#writeWaiting()
  }

  async flush(): Promise<void> {
    if (this.#isWriting) await new Promise<void>((resolve) => this.#flushed.push(resolve))
  }

  #writeWaiting(): void {
    const lines = this.#waiting
    this.#waiting = []
    this.#isWriting = true
    this.#writeBytes(Buffer.from(lines.join('')), () => {
      this.#waitingLength = this.#waiting.reduce((length, line) => length + line.length, 0)
      if (this.#waiting.length > 0) this.#writeWaiting()
      else this.#rest()
    })
  }

  #writeBytes(bytes: Buffer, done: () => void): void {
    write(this.descriptor, bytes, 0, bytes.length, null, (error, written) => {
      if (error?.code === 'EPIPE') return this.#close()
      if (error)
        return this.#tryLater(error.code === 'EAGAIN' ? BUSY_MS : BROKEN_MS, () => this.#writeBytes(bytes, done))
      if (written < bytes.length) return this.#writeBytes(bytes.subarray(written), done)
      done()
    })
  }

  #tryLater(delayMs: number, work: () => void): void {
    setTimeout(work, delayMs).unref()
  }

  #close(): void {
    this.#isClosed = true
    this.#waiting = []
    this.#dropped = 0
    this.#rest()
  }

  #rest(): void {
    this.#isWriting = false
    for (const resolve of this.#flushed.splice(0)) resolve()
    if (this.#dropped > 0) this.onDropped(this.#dropped)
    this.#dropped = 0
  }
}

/** A pipe becomes non-blocking when its stream is opened; a blocked write would also keep the process from exiting. */
function openStdout(): number {
  // Others write to it directly: a closed pipe would be an uncaught error.
  if (!process.stdout.listeners('error').includes(ignore)) process.stdout.on('error', ignore)
  return process.stdout.fd
}

function ignore(): void {}
