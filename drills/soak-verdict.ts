import { median, round } from '../bench/numbers.ts'

/** What a service that stands still looks like from outside, at one moment. */
export interface Sample {
  seconds: number
  /** In use after a collection. */
  heapMb: number
  residentMb: number
  /** Beside those of connections to the database. */
  descriptors: number
  /** What keeps the event loop alive: sockets, timers, requests to the system; again beside those connections. */
  handles: number
  /** Of the database; 0 for SQLite. */
  connections: number
  /** In Redis; 0 without it. */
  keys: number
  accounts: number
  requests: number
  unexpected: number
}

export interface Allowance {
  /** Of what there was: 0.05 is 5 %. */
  share: number
  /** Or so many, where that is more. */
  more: number
}

export interface Judgement {
  measure: string
  /** Medians of the first third after the warm-up, and of the last. */
  before: number
  after: number
  /** The most that `after` may be. */
  most: number
  isFlat: boolean
}

/** The space left is for noise: of a pool of ten, as many connections are open as the machine is slow. */
const ALLOWANCES = {
  heapMb: { share: 0.05, more: 0 },
  residentMb: { share: 0.1, more: 0 },
  descriptors: { share: 0, more: 3 },
  handles: { share: 0, more: 3 },
  connections: { share: 0, more: 4 },
  keys: { share: 0.1, more: 10 },
  accounts: { share: 0.1, more: 5 },
} satisfies Partial<Record<keyof Sample, Allowance>>

/** Until then caches fill, and code that runs often is compiled. */
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

/** By medians of thirds, which single samples that stand out do not move. Too few samples are no proof. */
export function judgeSeries(measure: string, values: readonly number[], { share, more }: Allowance): Judgement {
  const settled = values.slice(Math.ceil(values.length * WARM_UP))
  const third = Math.floor(settled.length / 3)
  const before = median(settled.slice(0, third))
  const after = median(settled.slice(settled.length - third))
  const most = round(before + Math.max(before * share, more))
  return { measure, before, after, most, isFlat: third >= 3 && after <= most }
}
