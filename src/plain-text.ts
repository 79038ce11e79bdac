/** The code of a rule that a text breaks. */
export type TextFaultCode = 'TOO_SHORT' | 'TOO_LONG' | 'INVALID'

export interface LengthBounds {
  min?: number
  max: number
}

const CONTROL_OR_BIDI = /[\p{Cc}\p{Bidi_Control}]/u

/** For names that people read: length after trimming, no control or bidi characters, no lone surrogates. */
export function checkPlainText(value: string, bounds: LengthBounds): TextFaultCode[] {
  const text = value.trim()
  const faults = checkLength(text, bounds)
  return text.isWellFormed() && !CONTROL_OR_BIDI.test(text) ? faults : [...faults, 'INVALID']
}

/** As stored: trimmed, null for none. */
export function plainTextOf(value: string | null): string | null {
  return value?.trim() || null
}

/** Counts code points, as both databases do. */
export function checkLength(text: string, { min = 0, max }: LengthBounds): TextFaultCode[] {
  const length = [...text].length
  if (length < min) return ['TOO_SHORT']
  return length > max ? ['TOO_LONG'] : []
}
