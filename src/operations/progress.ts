import { SingleBar } from 'cli-progress'

/** How far a command is, on standard error where that is a terminal; elsewhere nothing is written. */
export interface Progress {
  /** @param total undefined where it is not known beforehand */
  start(total: number | undefined): void
  /** @param note a few words, such as how many faults there were */
  update(done: number, note: string): void
  stop(): void
}

const WITH_TOTAL = ' {bar} {percentage} % | {note} | {eta_formatted} left'
const WITHOUT_TOTAL = ' {note} | {duration_formatted}'

export function createProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  let bar: SingleBar | undefined
  return {
    start(total) {
      const format = total === undefined ? WITHOUT_TOTAL : WITH_TOTAL
      // gracefulExit would catch SIGINT and SIGTERM, and the command would go on.
      bar = new SingleBar({ stream, format, gracefulExit: false, clearOnComplete: true, hideCursor: false })
      if (stream.isTTY) bar.start(total ?? 1, 0, { note: '' })
    },
    update: (done, note) => bar?.update(done, { note }),
    stop: () => bar?.stop(),
  }
}
