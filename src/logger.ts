import { type Logger, type LoggerOptions, pino, stdTimeFunctions } from 'pino'
import type { LogConfig } from './config.ts'
import { describeFault } from './logging/describe-fault.ts'
import { LogFile } from './logging/log-file.ts'
import { type LogStream, openStdout } from './logging/log-stream.ts'
import { REDACTION } from './logging/redact.ts'
import { scrubLine } from './logging/scrub-line.ts'

/** A log file that cannot be written is reported at most this often. */
const FAULT_INTERVAL_MS = 60_000
const FLUSH_MS = 1000

/**
 * One line of JSON for each event, on standard output and in the rotating file if one is set, without secrets,
 * addresses of servers and SQL values. Code that logs never fails because the log cannot be written.
 *
 * @param destination replaces both, for tests
 * @param fields of each line, asked for as it is written
 */
export function createLogger(config: LogConfig, destination?: LogStream, fields?: () => object): Logger {
  const streams = destination ? [destination] : openStreams(config, () => log)
  const log: Logger = pino({ ...options(config), ...(fields && { mixin: fields }) }, combine(streams))
  return log
}

/** Waits until the lines so far are written, at most one second. */
export async function flushLogger(log: Logger): Promise<void> {
  const tooLate = Promise.withResolvers<void>()
  const timer = setTimeout(tooLate.resolve, FLUSH_MS)
  await Promise.race([tooLate.promise, new Promise<void>((resolve) => log.flush(() => resolve()))])
  clearTimeout(timer)
}

/**
 * Instead of pino.multistream(), which has no flush(). With its flushSync(), a fatal line would wait for ever while the
 * reader of standard output has stalled.
 */
function combine(streams: LogStream[]): LogStream {
  return {
    write: (line) => {
      for (const stream of streams) stream.write(line)
    },
    flush: (done) => {
      const flushed = streams.map(
        (stream) => new Promise<void>((resolve) => (stream.flush ? stream.flush(resolve) : resolve())),
      )
      void Promise.all(flushed).then(done)
    },
  }
}

function openStreams({ file }: LogConfig, log: () => Logger): LogStream[] {
  const stdout = openStdout()
  let dropped = 0
  stdout.on('drop', () => {
    dropped += 1
  })
  stdout.on('drain', () => {
    const count = dropped
    dropped = 0
    if (count > 0) log().warn({ count }, 'Log lines dropped: standard output was blocked')
  })
  if (!file) return [stdout]
  let reportedAt = Number.NEGATIVE_INFINITY
  const reportFault = (error: unknown) => {
    if (performance.now() - reportedAt < FAULT_INTERVAL_MS) return
    reportedAt = performance.now()
    // setImmediate, because the fault may occur while a line is being written.
    setImmediate(() => log().error({ err: error }, 'Log file not written'))
  }
  return [stdout, new LogFile(file, reportFault)]
}

function options({ level, hidden = [] }: LogConfig): LoggerOptions {
  const hiddenInJson = hidden.map((text) => JSON.stringify(text).slice(1, -1))
  return {
    level,
    base: { pid: process.pid },
    timestamp: stdTimeFunctions.isoTime,
    ...REDACTION,
    hooks: {
      logMethod(args, method) {
        method.apply(this, safeArguments(args))
      },
      streamWrite: (line) => scrubLine(line, hiddenInJson),
    },
  }
}

type LogArguments = Parameters<Logger['info']>

/**
 * pino uses the error's message as the text of a line without one, and prints interpolated objects whole. Both may
 * contain values that redaction does not see, as may the error's message that a caller passes as the text.
 */
function safeArguments([first, ...rest]: LogArguments): LogArguments {
  const values = rest.map((value: unknown) => (typeof value === 'object' && value !== null ? '[Object]' : value))
  const error = errorIn(first)
  if (error && (values[0] === undefined || values[0] === error.message)) values[0] = describeFault(error).message
  return [first, ...values] as LogArguments
}

function errorIn(first: unknown): Error | undefined {
  const error = typeof first === 'object' && first !== null && 'err' in first ? first.err : first
  return error instanceof Error ? error : undefined
}
