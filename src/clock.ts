/** The current time. Injected, so that tests can freeze and move it. */
export type Clock = () => Date

export const systemClock: Clock = () => new Date()

/**
 * Milliseconds since the start, for what ends after a span: the system's clock may be set back. For lru-cache's option
 * `perf`; elsewhere `performance.now()` itself.
 */
export const SINCE_START = { now: () => performance.now() }
