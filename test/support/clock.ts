import { vi } from 'vitest'
import type { Clock } from '../../src/clock.ts'

export interface TestClock {
  readonly now: Clock
  /** Moves the clock forward. */
  advance(seconds: number): void
}

/** A clock that stands still until a test moves it. */
export function createTestClock(start = new Date()): TestClock {
  let present = start.getTime()
  return {
    now: () => new Date(present),
    advance(seconds) {
      present += seconds * 1000
    },
  }
}

/**
 * Freezes all timers, `Date` and `performance` until `vi.useRealTimers()`. The time since the start begins above 0,
 * which lru-cache takes for none.
 */
export function freezeTime(): void {
  vi.useFakeTimers()
  vi.advanceTimersByTime(1)
}

/** Lets `performance.now()` advance by what a test adds to the clock, until `vi.restoreAllMocks()`. */
export function followClock(clock: Clock): void {
  const start = clock().getTime()
  const sinceStart = performance.now.bind(performance)
  vi.spyOn(performance, 'now').mockImplementation(() => sinceStart() + clock().getTime() - start)
}
