import { median, percentile, round } from '../bench/numbers.ts'

/** Milliseconds of each try, by kind of account. */
export type Times = Record<string, number[]>

export interface Row {
  tries: number
  medianMs: number
  p10Ms: number
  p90Ms: number
}

export interface Comparison {
  rows: Record<string, Row>
  /** Difference of the slowest median to the quickest: 0.05 is 5 %. */
  spread: number
  isEqual: boolean
}

/** The largest difference that passes. */
const MOST_SPREAD = 0.05

export function compareTimes(times: Times): Comparison {
  const rows = Object.entries(times).map(([kind, ms]): [string, Row] => [
    kind,
    {
      tries: ms.length,
      medianMs: round(median(ms)),
      p10Ms: round(percentile(ms, 0.1)),
      p90Ms: round(percentile(ms, 0.9)),
    },
  ])
  const medians = Object.values(times).map(median)
  const spread = Math.max(...medians) / Math.min(...medians) - 1
  return { rows: Object.fromEntries(rows), spread, isEqual: spread <= MOST_SPREAD }
}
