import { median, round } from '../bench/numbers.ts'

/** One sample of the service under steady load. */
export interface Sample {
  seconds: number
  /** In use after garbage collection. */
  heapMb: number
  residentMb: number
  /** Open file descriptors without those of database connections. */
  descriptors: number
  /** Active resources of the event loop without those of database connections. */
  handles: number
  /** Connections to the database; 0 for SQLite. */
  connections: number
  /** Keys in Redis; 0 without Redis. */
  keys: number
  accounts: number
  requests: number
  unexpected: number
}

export interface Allowance {
  /** Growth as a share of the value before: 0.05 is 5 %. */
  share: number
  /** Growth as a number, where that allows more. */
  more: number
}

export interface Judgement {
  measure: string
  /** Median of the first third after the warm-up. */
  before: number
  /** Median of the last third. */
  after: number
  /** The highest `after` that passes. */
  most: number
  isFlat: boolean
}

/** Allowed growth, for noise: a slow machine keeps more connections of the pool open. */
const ALLOWANCES = {
  heapMb: { share: 0.05, more: 0 },
  residentMb: { share: 0.1, more: 0 },
  descriptors: { share: 0, more: 3 },
  handles: { share: 0, more: 3 },
  connections: { share: 0, more: 4 },
  keys: { share: 0.1, more: 10 },
  accounts: { share: 0.1, more: 5 },
} satisfies Partial<Record<keyof Sample, Allowance>>

/** Share of the samples left out at the start, while caches fill and code is compiled. */
const WARM_UP = 0.2

export function judge(samples: readonly Sample[]): Judgement[] {
  return Object.entries(ALLOWANCES).map(([measure, allowance]) =>
    judgeSeries(
      measure,
      samples.map((sample) => sample[measure as keyof typeof ALLOWANCES]),
      allowance,
    ),
  )
}

/** Compares medians of thirds, which outliers do not move. Fewer than nine samples never pass. */
export function judgeSeries(measure: string, values: readonly number[], { share, more }: Allowance): Judgement {
  const settled = values.slice(Math.ceil(values.length * WARM_UP))
  const third = Math.floor(settled.length / 3)
  const before = median(settled.slice(0, third))
  const after = median(settled.slice(settled.length - third))
  const most = round(before + Math.max(before * share, more))
  return { measure, before, after, most, isFlat: third >= 3 && after <= most }
}
