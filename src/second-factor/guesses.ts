/** Failed codes within a span that begins with the first. */
export interface Guesses {
  failures: number
  /** When the first failed; null before. */
  since: Date | null
}

const SPAN_SECONDS = 900

/** Seconds until codes are looked at again, where `limit` of them have failed; else null. */
export function secondsToWait(guesses: Guesses, limit: number, now: Date): number | null {
  const rest = restSeconds(guesses, now)
  return rest > 0 && guesses.failures >= limit ? Math.min(SPAN_SECONDS, Math.ceil(rest)) : null
}

export function withFailure(guesses: Guesses, now: Date): Guesses {
  if (restSeconds(guesses, now) <= 0) return { failures: 1, since: now }
  return { ...guesses, failures: guesses.failures + 1 }
}

function restSeconds({ since }: Guesses, now: Date): number {
  return since === null ? 0 : SPAN_SECONDS - (now.getTime() - since.getTime()) / 1000
}
