import type { Clock } from '../../src/clock.ts'

export interface TestClock {
  readonly now: Clock
  /** Moves the present on by seconds. */
  advance(seconds: number): void
}

/** A clock that stands still until it is moved. */
export function createTestClock(start = new Date()): TestClock {
  let present = start.getTime()
  return {
    now: () => new Date(present),
    advance(seconds) {
      present += seconds * 1000
    },
  }
}
