import { LRUCache } from 'lru-cache'
import type { Clock } from '../clock.ts'

/** How many clients are told apart. Beyond it the one seen longest ago is forgotten, so a flood cannot fill memory. */
const MAX_KEYS = 50_000

/** More than one for each that comes, so that after a rush the ended ones become fewer. */
const FORGOTTEN_AT_ONCE = 2

export interface Count {
  count: number
  /** Until the count begins anew. */
  msLeft: number
}

interface Window {
  count: number
  endsAt: number
}

/** Counts per key in this process. Each count begins with its first event and ends a fixed time later. */
export class MemoryCounters {
  private readonly windows: LRUCache<string, Window>

  constructor(
    private readonly clock: Clock,
    maxKeys = MAX_KEYS,
  ) {
    this.windows = new LRUCache({ max: maxKeys })
  }

  increment(key: string, durationMs: number, events = 1): Count {
    const now = this.clock().getTime()
    const open = this.find(key, now)
    const window = open ?? { count: 0, endsAt: now + durationMs }
    window.count += events
    if (!open) {
      this.forgetEnded(now)
      this.windows.set(key, window)
    }
    return { count: window.count, msLeft: window.endsAt - now }
  }

  /** 0 where nothing is counted. */
  countOf(key: string): number {
    return this.find(key, this.clock().getTime())?.count ?? 0
  }

  reset(key: string): void {
    this.windows.delete(key)
  }

  get size(): number {
    return this.windows.size
  }

  /** Of clients that do not come back; else they would stay until so many others have come. No timer, no long pause. */
  private forgetEnded(now: number): void {
    for (let forgotten = 0; forgotten < FORGOTTEN_AT_ONCE; forgotten += 1) {
      const oldest = this.windows.rkeys().next()
      if (oldest.done || (this.windows.peek(oldest.value)?.endsAt ?? 0) > now) return
      this.windows.delete(oldest.value)
    }
  }

  private find(key: string, now: number): Window | undefined {
    const window = this.windows.get(key)
    return window && window.endsAt > now ? window : undefined
  }
}
