/** How a login ended. */
export type LoginOutcome = 'ok' | 'refused' | 'limited' | 'fault'

/** What the service counts about itself, for Prometheus. */
export interface Metrics {
  /** @param code the code of its first error, or OK */
  operationAnswered(code: string): void
  loginEnded(outcome: LoginOutcome): void
  activityWriteFailed(): void
  /** A call that went past the cache because its store was away. */
  cacheFailed(): void
  /** @param pending tells how many passwords wait for their hash, whenever it is asked */
  watchPasswordQueue(pending: () => number): void
  /** Prometheus text format 0.0.4; undefined where metrics are off. */
  text?: () => Promise<string>
}

/** Nothing is counted, and nothing loaded, where metrics are off. Each application has a registry of its own. */
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
  return {
    operationAnswered: (code) => operations.inc({ code }),
    loginEnded: (outcome) => logins.inc({ outcome }),
    activityWriteFailed: () => writes.inc(),
    cacheFailed: () => cache.inc(),
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
  watchPasswordQueue: () => undefined,
}
