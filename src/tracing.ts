import type { Logger } from 'pino'
import type { OnStatement } from './database/observer.ts'

/** The span of an HTTP request. */
export interface RequestSpan {
  /** Calls back with the span as the active one: spans and log lines below it belong to it. */
  run(callback: () => void): void
  /** @param route the path as the service declares it; undefined where there is none */
  end(status: number, route: string | undefined): void
}

/** Traces of what the service does. Spans hold names of the schema and texts of statements, and no values. */
export interface Tracing {
  /** Continues the trace that the headers name. */
  beginRequest(method: string, headers: object, requestId: string): RequestSpan
  /** Runs a root field. @param codeOf the code of its error */
  traceField<Result>(name: string, work: () => Promise<Result>, codeOf: (error: unknown) => string): Promise<Result>
  /** Names the operation of the active request. */
  nameOperation(name: string | null): void
  onStatement: OnStatement
  /** Ids of the active span, for a line of the log. */
  logFields(): object
  /** Faults of the export go there. */
  reportTo(log: Logger): void
  /** Sends what is left, for two seconds at most. */
  close(): Promise<void>
}
