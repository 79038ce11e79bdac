import type { PoolUsage } from './database/observer.ts'
import type { HasherUsage } from './passwords/password-hasher.ts'

/** How a login ended; `second_factor`: the password was right, and the second factor is still to come. */
export const LOGIN_OUTCOMES = ['ok', 'second_factor', 'refused', 'limited', 'fault'] as const

export type LoginOutcome = (typeof LOGIN_OUTCOMES)[number]

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
  /** @param name of an operation that ran; null without one. Any name may come, and few of them are kept. */
  operationRan(name: string | null, seconds: number): void
  /** @param field a root field of the schema @param code of its error, or null */
  fieldEnded(field: string, seconds: number, code: string | null): void
  loginEnded(outcome: LoginOutcome): void
  /** @param limit its name, a constant of the code */
  limitRefused(limit: string): void
  activityWriteFailed(): void
  /** Counts a call that bypassed the cache because its store was away. */
  cacheFailed(): void
  mailEnded(kind: string, outcome: 'sent' | 'failed'): void
  /** @param read what waits; called for each scrape */
  watchMails(read: () => Promise<MailBacklog>): void
  /** @param read called for each scrape */
  watchHasher(read: () => HasherUsage): void
  /** @param read called for each scrape */
  watchPool(read: () => PoolUsage): void
  /** Prometheus text format 0.0.4; undefined when metrics are off. */
  text?: () => Promise<string>
}

/** Counts nothing. */
export const NO_METRICS: Metrics = {
  operationAnswered: () => undefined,
  operationRan: () => undefined,
  fieldEnded: () => undefined,
  loginEnded: () => undefined,
  limitRefused: () => undefined,
  activityWriteFailed: () => undefined,
  cacheFailed: () => undefined,
  mailEnded: () => undefined,
  watchMails: () => undefined,
  watchHasher: () => undefined,
  watchPool: () => undefined,
}
