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
