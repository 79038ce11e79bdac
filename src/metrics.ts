/** How a login ended; `second_factor`: the password was right, and the second factor is still to come. */
export type LoginOutcome = 'ok' | 'second_factor' | 'refused' | 'limited' | 'fault'

/** Mails that wait to be sent. */
export interface MailBacklog {
  waiting: number
  /** Age of the oldest; 0 without one. */
  oldestSeconds: number
}

/** The counters of the service, for Prometheus. */
export interface Metrics {
  /** @param code the code of the first error, or OK */
  operationAnswered(code: string): void
  loginEnded(outcome: LoginOutcome): void
  activityWriteFailed(): void
  /** Counts a call that bypassed the cache because its store was away. */
  cacheFailed(): void
  mailEnded(kind: string, outcome: 'sent' | 'failed'): void
  /** @param read what waits; called for each scrape */
  watchMails(read: () => Promise<MailBacklog>): void
  /** @param pending how many passwords wait for their hash; called for each scrape */
  watchPasswordQueue(pending: () => number): void
  /** Prometheus text format 0.0.4; undefined when metrics are off. */
  text?: () => Promise<string>
}

/** Each app has its own registry. With metrics off, nothing is counted and prom-client is not loaded. */
export async function createMetrics(isOn: boolean): Promise<Metrics> {
  if (!isOn) return SILENT
  const { collectDefaultMetrics, Counter, Gauge, Registry } = await import('prom-client')
  const register = new Registry()
  const registers = [register]
  collectDefaultMetrics({ register })
  const name = (suffix: string, help: string) => ({ name: `gatehouse_${suffix}`, help, registers })
  const operations = new Counter({
    ...name('graphql_operations_total', 'GraphQL operations answered, by the code of their first error'),
    labelNames: ['code'],
  })
  const logins = new Counter({ ...name('logins_total', 'Logins, by how they ended'), labelNames: ['outcome'] })
  const writes = new Counter(name('activity_write_failures_total', 'Activity rows that could not be written'))
  const cache = new Counter(name('cache_failures_total', 'Cache calls passed by because the store was away'))
  const mails = new Counter({
    ...name('mails_total', 'Mails sent, and given up, by their kind'),
    labelNames: ['kind', 'outcome'],
  })
  return {
    operationAnswered: (code) => operations.inc({ code }),
    loginEnded: (outcome) => logins.inc({ outcome }),
    activityWriteFailed: () => writes.inc(),
    cacheFailed: () => cache.inc(),
    mailEnded: (kind, outcome) => mails.inc({ kind, outcome }),
    watchMails(read) {
      // While the database is away, the last figures stand.
      const gauge = (suffix: string, help: string, figure: (backlog: MailBacklog) => number) =>
        new Gauge({
          ...name(suffix, help),
          async collect() {
            const backlog = await read().catch(() => null)
            if (backlog) this.set(figure(backlog))
          },
        })
      gauge('mails_waiting', 'Mails that wait to be sent, by any instance', ({ waiting }) => waiting)
      gauge('mail_oldest_seconds', 'Age of the oldest mail that waits', ({ oldestSeconds }) => oldestSeconds)
    },
    watchPasswordQueue(pending) {
      new Gauge({
        ...name('password_queue_length', 'Passwords that wait for their hash'),
        collect() {
          this.set(pending())
        },
      })
    },
    text: () => register.metrics(),
  }
}

const SILENT: Metrics = {
  operationAnswered: () => undefined,
  loginEnded: () => undefined,
  activityWriteFailed: () => undefined,
  cacheFailed: () => undefined,
  mailEnded: () => undefined,
  watchMails: () => undefined,
  watchPasswordQueue: () => undefined,
}
