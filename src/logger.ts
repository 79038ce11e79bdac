import { type Logger, type LoggerOptions, pino, stdTimeFunctions } from 'pino'
import type { LogConfig } from './config.ts'
import { describeError, safeMessage } from './logging/error-record.ts'
import { FileSink } from './logging/file-sink.ts'
import { SECRET_PATHS, toLoggable } from './logging/redact.ts'
import { scrubLine } from './logging/scrub-line.ts'
import type { Sink } from './logging/sink.ts'
import { StdoutSink } from './logging/stdout-sink.ts'

/** At most one line a minute tells of a log file that cannot be written. */
const FAULT_INTERVAL_MS = 60_000
const FLUSH_MS = 1000

/**
 * One line of JSON an event, on standard output and in the rotating file where one is set. Secrets, addresses of
 * servers and SQL values are kept out, whoever logs; a log that cannot be written never fails who logs.
 *
 * @param destination instead of both, for tests
 */
export function createLogger(config: LogConfig, destination?: { write(line: string): void }): Logger {
  const sinks: Pick<Sink, 'write'>[] = destination ? [destination] : standardSinks(config, () => log)
  const hidden = (config.hidden ?? []).map((value) => JSON.stringify(value).slice(1, -1))
  const write = (line: string) => {
    const safe = scrubLine(line, hidden)
    for (const sink of sinks) sink.write(safe)
  }
  const flush = (done?: () => void) => {
    void Promise.all(sinks.map((sink) => ('flush' in sink ? (sink as Sink).flush() : undefined))).then(done)
  }
  const log = pino(options(config.level), Object.assign({ write }, { flush }))
  return log
}

/** Waits until the lines so far are written, at most a second. */
export async function flushLogger(log: Logger): Promise<void> {
  const tooLate = Promise.withResolvers<void>()
  const timer = setTimeout(tooLate.resolve, FLUSH_MS)
  await Promise.race([tooLate.promise, new Promise<void>((resolve) => log.flush(() => resolve()))])
  clearTimeout(timer)
}

function standardSinks({ file }: LogConfig, log: () => Logger): Sink[] {
  const stdout = new StdoutSink((count) => log().warn({ count }, 'Log lines dropped: standard output was blocked'))
  if (!file) return [stdout]
  let reportedAt = Number.NEGATIVE_INFINITY
  const reportFault = (error: unknown) => {
    if (performance.now() - reportedAt < FAULT_INTERVAL_MS) return
    reportedAt = performance.now()
    // Later, because a fault may come up inside the writing of a line.
    setImmediate(() => log().error({ err: error }, 'Log file not written'))
  }
  return [stdout, new FileSink(file, reportFault)]
}

function options(level: string): LoggerOptions {
  return {
    level,
    base: { pid: process.pid },
    timestamp: stdTimeFunctions.isoTime,
    redact: SECRET_PATHS,
    formatters: { log: (fields) => toLoggable(fields) as Record<string, unknown> },
    // Those of an HTTP framework would otherwise take their place.
    serializers: { err: errorOrFields, req: asIs, res: asIs },
    hooks: {
      logMethod(args, method) {
        method.apply(this, safeArguments(args))
      },
    },
  }
}

function errorOrFields(value: unknown): unknown {
  return value instanceof Error ? describeError(value) : value
}

function asIs(value: unknown): unknown {
  return value
}

type LogArguments = Parameters<Logger['info']>

/** pino takes the message from the error where none is given, and frameworks give the error's: both may hold values. */
function safeArguments(args: LogArguments): LogArguments {
  const [first, message, ...rest] = args as unknown[]
  const error = first instanceof Error ? first : errorIn(first)
  if (!error) return [first, ...(args as unknown[]).slice(1).map((value) => toLoggable(value))] as LogArguments
  const fields = first instanceof Error ? { err: first } : first
  const text = message === undefined || message === error.message ? safeMessage(error) : message
  return [fields, text, ...rest.map((value) => toLoggable(value))] as unknown as LogArguments
}

function errorIn(fields: unknown): Error | undefined {
  if (typeof fields !== 'object' || fields === null || !('err' in fields)) return undefined
  return fields.err instanceof Error ? fields.err : undefined
}
