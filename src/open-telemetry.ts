import {
  type Context,
  context,
  DiagLogLevel,
  diag,
  isSpanContextValid,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources'
import { NodeSDK } from '@opentelemetry/sdk-node'
import type { Logger } from 'pino'
import type { DatabaseConfig } from './config.ts'
import { withoutValues } from './database/statement-text.ts'
import { ErrorCode } from './errors.ts'
import { describeFault, statementShape } from './logging/describe-fault.ts'
import type { RequestSpan, Tracing } from './tracing.ts'

/** How long a stop waits for the receiver. */
const FLUSH_MS = 2_000
/** A receiver that is away is reported at most this often. */
const FAULT_INTERVAL_MS = 60_000
/** Statements repeat a text for each row of a page, so they may be long. */
const MAX_STATEMENT_LENGTH = 2_000
const METHODS = new Set(['GET', 'POST', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'CONNECT'])
/** Codes of faults of the service. Others are answers to what clients did. */
const FAULTS: ReadonlySet<string> = new Set([ErrorCode.INTERNAL_SERVER_ERROR, ErrorCode.SERVICE_UNAVAILABLE])

/**
 * Starts OpenTelemetry's SDK for Node, which reads the standard variables OTEL_* by itself. Imported where tracing is on,
 * so that its packages are loaded there alone.
 *
 * One SDK serves a process: where a project has started its own, or another service one, spans go there.
 */
export function startOpenTelemetry({ kind }: Pick<DatabaseConfig, 'kind'>): Tracing {
  const sdk = startSdk()
  const tracer = trace.getTracer('gatehouse')
  return {
    beginRequest(sentMethod, headers, requestId) {
      const method = METHODS.has(sentMethod) ? sentMethod : '_OTHER'
      const attributes = { 'http.request.method': method, 'gatehouse.request_id': requestId }
      const parent = propagation.extract(ROOT_CONTEXT, headers)
      const span = tracer.startSpan(method, { kind: SpanKind.SERVER, attributes }, parent)
      return requestSpan(span, method, trace.setSpan(parent, span))
    },
    async traceField(name, work, codeOf) {
      return tracer.startActiveSpan(name, { attributes: { 'graphql.field.name': name } }, async (span) => {
        try {
          return await work()
        } catch (error) {
          const code = codeOf(error)
          fail(span, code, FAULTS.has(code))
          throw error
        } finally {
          span.end()
        }
      })
    },
    nameOperation: (name) => void (name && trace.getActiveSpan()?.setAttribute('graphql.operation.name', name)),
    onStatement(sql) {
      // What the service does by itself, such as looking for mails each second, would be a trace each.
      if (!trace.getActiveSpan()?.isRecording()) return undefined
      const text = withoutValues(sql, kind)
      const attributes = { 'db.system.name': kind, 'db.query.text': text.slice(0, MAX_STATEMENT_LENGTH) }
      const span = tracer.startSpan(statementShape(text), { kind: SpanKind.CLIENT, attributes })
      return (error) => {
        if (error) fail(span, codeOfDriver(error), true)
        span.end()
      }
    },
    logFields: idsOfActiveSpan,
    reportTo: reportFaultsTo,
    close: async () => sdk && stopSdk(sdk),
  }
}

/** Traces alone: metrics are Prometheus's. Undefined where the process has an SDK already. */
function startSdk(): NodeSDK | undefined {
  if (isSpanContextValid(trace.getTracer('gatehouse').startSpan('probe').spanContext())) return undefined
  const resource = defaultResource().merge(resourceFromAttributes({ 'service.name': 'gatehouse' }))
  const sdk = new NodeSDK({ resource, metricReaders: [], logRecordProcessors: [] })
  sdk.start()
  return sdk
}

async function stopSdk(sdk: NodeSDK): Promise<void> {
  await within(FLUSH_MS, sdk.shutdown())
  // So that a service that is started later in this process has one again.
  for (const api of [trace, context, propagation, diag]) api.disable()
}

function requestSpan(span: Span, method: string, active: Context): RequestSpan {
  return {
    run: (callback) => context.with(active, callback),
    end(status, route) {
      if (route !== undefined) span.setAttribute('http.route', route).updateName(`${method} ${route}`)
      span.setAttribute('http.response.status_code', status)
      if (status >= 500) fail(span, String(status), true)
      span.end()
    },
  }
}

/** The message of an error may hold values, so it is not recorded. */
function fail(span: Span, code: string, isFault: boolean): void {
  span.setAttribute('error.type', code)
  if (isFault) span.setStatus({ code: SpanStatusCode.ERROR })
}

function codeOfDriver(error: unknown): string {
  return describeFault(error).code ?? 'UNKNOWN'
}

/** In the names that OpenTelemetry gives them in logs. */
function idsOfActiveSpan(): object {
  const active = trace.getActiveSpan()?.spanContext()
  return active ? { trace_id: active.traceId, span_id: active.spanId } : {}
}

/** The SDK's texts quote addresses and answers of the receiver. */
function reportFaultsTo(log: Logger): void {
  let reportedAtMs = Number.NEGATIVE_INFINITY
  const report = (...texts: unknown[]) => {
    if (performance.now() - reportedAtMs < FAULT_INTERVAL_MS) return
    reportedAtMs = performance.now()
    log.warn({ fault: faultOf(texts) }, 'OpenTelemetry reported something: traces may be lost')
  }
  const silent = () => undefined
  const logger = { error: report, warn: report, info: silent, debug: silent, verbose: silent }
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true })
}

/** The SDK gives the fields of an error as JSON; before other texts stands the name of its part. */
function faultOf(texts: readonly unknown[]): object {
  const text = String(texts.at(-1))
  const { message, name, code } = fieldsIn(text) ?? {
    message: texts.filter((part) => typeof part === 'string').join(': '),
  }
  const { at, ...fault } = describeFault(Object.assign(new Error(message), name && { name }, code && { code }))
  return fault
}

function fieldsIn(text: string): Partial<Record<'message' | 'name' | 'code', string>> | null {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const tooLate = Promise.withResolvers<void>()
  const timer = setTimeout(tooLate.resolve, ms)
  // A receiver that is away is reported, and no fault of the stop.
  await Promise.race([tooLate.promise, work.catch(() => undefined)])
  clearTimeout(timer)
}
