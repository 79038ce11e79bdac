import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { PoolUsage } from './database/observer.ts'
import { ErrorCode } from './errors.ts'
import { LOGIN_OUTCOMES, type MailBacklog, type Metrics } from './metrics.ts'
import { OperationLabels } from './operation-labels.ts'
import type { HasherUsage } from './passwords/password-hasher.ts'

/** Seconds, from what memory answers to what is beyond every deadline. */
const BUCKETS = [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

/**
 * Each app has its own registry. Imported where metrics are on, so that prom-client is loaded there alone.
 * @param operations the names of trusted documents, if there are any
 */
export function createPrometheus(operations: readonly string[] | undefined): Metrics {
  const register = new Registry()
  collectDefaultMetrics({ register })
  const named: Named = (suffix, help) => ({ name: `gatehouse_${suffix}`, help, registers: [register] })
  const writes = new Counter(named('activity_write_failures_total', 'Activity rows that could not be written'))
  const cache = new Counter(named('cache_failures_total', 'Cache calls passed by because the store was away'))
  const logins = counter(named('logins_total', 'Logins, by how they ended'), 'outcome')
  for (const outcome of LOGIN_OUTCOMES) logins.inc({ outcome }, 0)
  const mails = counter(named('mails_total', 'Mails sent, and given up, by their kind'), 'kind', 'outcome')
  const refusals = counter(named('limit_refusals_total', 'Calls refused by a limit, by its name'), 'limit')
  return {
    ...requestMetrics(named, operations),
    loginEnded: (outcome) => logins.inc({ outcome }),
    limitRefused: (limit) => refusals.inc({ limit }),
    activityWriteFailed: () => writes.inc(),
    cacheFailed: () => cache.inc(),
    mailEnded: (kind, outcome) => mails.inc({ kind, outcome }),
    watchMails: (read) => watchMails(named, read),
    watchHasher: (read) => watchHasher(named, read),
    watchPool: (read) => watchPool(named, read),
    text: () => register.metrics(),
  }
}

type Named = (suffix: string, help: string) => { name: string; help: string; registers: Registry[] }

function counter<Label extends string>(named: ReturnType<Named>, ...labelNames: Label[]): Counter<Label> {
  return new Counter({ ...named, labelNames })
}

function requestMetrics(named: Named, trusted: readonly string[] | undefined) {
  const answers = counter(
    named('graphql_operations_total', 'GraphQL operations answered, by the code of their first error'),
    'code',
  )
  // From 0, because Prometheus sees no increase where a series begins with 1.
  for (const code of ['OK', ...Object.values(ErrorCode)]) answers.inc({ code }, 0)
  const operations = new Histogram({
    ...named('graphql_operation_duration_seconds', 'Time of operations that ran, by their names'),
    labelNames: ['operation'],
    buckets: BUCKETS,
  })
  const fields = new Histogram({
    ...named('graphql_field_duration_seconds', 'Time of root fields, without the fields below them'),
    labelNames: ['field'],
    buckets: BUCKETS,
  })
  const errors = counter(
    named('graphql_field_errors_total', 'Root fields that failed, by the code of their error'),
    'field',
    'code',
  )
  const labels = new OperationLabels(trusted, (operation) => operations.remove({ operation }))
  return {
    operationAnswered: (code: string) => answers.inc({ code }),
    operationRan: (name: string | null, seconds: number) =>
      operations.observe({ operation: labels.labelOf(name) }, seconds),
    fieldEnded(field: string, seconds: number, code: string | null) {
      fields.observe({ field }, seconds)
      if (code !== null) errors.inc({ field, code })
    },
  }
}

/** A figure that is read for each scrape. */
function gauge(named: ReturnType<Named>, read: () => number): void {
  new Gauge({
    ...named,
    collect() {
      this.set(read())
    },
  })
}

function watchHasher(named: Named, read: () => HasherUsage): void {
  gauge(named('password_queue_length', 'Passwords that wait for their hash'), () => read().waiting)
  gauge(named('password_hashes_running', 'Passwords that are being hashed'), () => read().running)
  new Counter({
    ...named('password_hashes_refused_total', 'Passwords refused because too many waited for their hash'),
    collect() {
      this.reset()
      this.inc(read().refused)
    },
  })
}

function watchPool(named: Named, read: () => PoolUsage): void {
  gauge(named('database_connections_used', 'Connections to MySQL in use'), () => read().used)
  gauge(named('database_connections_max', 'DATABASE_POOL_SIZE'), () => read().max)
  gauge(named('database_connections_waiting', 'Requests that wait for a connection to MySQL'), () => read().waiting)
}

/** While the database is away, the last figures stand. */
function watchMails(named: Named, read: () => Promise<MailBacklog>): void {
  const mailGauge = (suffix: string, help: string, figure: (backlog: MailBacklog) => number) =>
    new Gauge({
      ...named(suffix, help),
      async collect() {
        const backlog = await read().catch(() => null)
        if (backlog) this.set(figure(backlog))
      },
    })
  mailGauge('mails_waiting', 'Mails that wait to be sent, by any instance', ({ waiting }) => waiting)
  mailGauge('mail_oldest_seconds', 'Age of the oldest mail that waits', ({ oldestSeconds }) => oldestSeconds)
}
