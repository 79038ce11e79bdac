/** What one check found. */
export interface Finding {
  check: string
  /** fault: something is wrong. warning: something deserves a look. skipped: it could not be looked at. */
  status: 'ok' | 'warning' | 'fault' | 'skipped'
  message: string
  /** What to do; for faults and warnings. */
  advice?: string
}

export function ok(check: string, message: string): Finding {
  return { check, status: 'ok', message }
}

export function warning(check: string, message: string, advice: string): Finding {
  return { check, status: 'warning', message, advice }
}

export function fault(check: string, message: string, advice: string): Finding {
  return { check, status: 'fault', message, advice }
}

export function skipped(check: string, message: string): Finding {
  return { check, status: 'skipped', message }
}
