const TICK_MS = 50

/** 300 ms: longer than any healthy pause, and short enough for a request that meets a frozen server. */
const SILENT_TICKS = 6

interface Wait {
  ticksLeft: number
  giveUp(): void
}

/**
 * Tells a server that has fallen silent from one that is merely busy. Time goes in ticks of 50 ms, each of which ends
 * only after what has arrived was read: a stalled event loop makes ticks longer, and its own delay is not taken for
 * silence of the server.
 */
export class AnswerWatch {
  private readonly waits = new Set<Wait>()
  private silentTicks = 0
  private isTicking = false

  /** @param onSilence nothing at all was answered for 300 ms while something was asked; everything is given up */
  constructor(private readonly onSilence: () => void) {}

  /** Something was answered, whatever it was. */
  noteAnswer(): void {
    this.silentTicks = 0
  }

  /**
   * @param maxMs how long one request may wait although others are answered
   * @returns what to call when its answer has come
   */
  expect(maxMs: number, giveUp: () => void): () => void {
    const wait = { ticksLeft: Math.ceil(maxMs / TICK_MS), giveUp }
    this.waits.add(wait)
    if (!this.isTicking) {
      this.silentTicks = 0
      this.schedule()
    }
    return () => {
      this.noteAnswer()
      this.waits.delete(wait)
    }
  }

  /** One row of ticks, however many wait. */
  private schedule(): void {
    this.isTicking = true
    setTimeout(() => setImmediate(() => this.tick()), TICK_MS)
  }

  private tick(): void {
    this.silentTicks += 1
    const isSilent = this.silentTicks >= SILENT_TICKS
    if (isSilent && this.waits.size > 0) this.onSilence()
    for (const wait of this.waits) {
      wait.ticksLeft -= 1
      if (isSilent || wait.ticksLeft <= 0) {
        this.waits.delete(wait)
        wait.giveUp()
      }
    }
    this.isTicking = false
    if (this.waits.size > 0) this.schedule()
  }
}
