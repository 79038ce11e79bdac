import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import type { Orm } from './orm.ts'
import { toDate } from './rows.ts'

const INTERVAL_MS = 300_000
const TOLERANCE_MS = 2_000

/** Warns at start, and every 5 minutes, while the clocks of this instance and of MySQL differ by more than 2 s. */
export async function watchClock(orm: Orm, clock: Clock, log: Logger): Promise<{ stop(): void }> {
  const check = async () => {
    const differenceMs = await differenceOf(orm, clock)
    if (Math.abs(differenceMs) > TOLERANCE_MS)
      log.warn({ differenceMs }, 'The clock of this instance and that of the database differ by more than 2 seconds')
  }
  // A database that is away is told by others.
  const checkIfUp = () => check().catch(() => undefined)
  await checkIfUp()
  const timer = setInterval(() => void checkIfUp(), INTERVAL_MS)
  timer.unref()
  return { stop: () => clearInterval(timer) }
}

/** How far this clock is ahead of the database's at least, in milliseconds, whatever the answer took. */
async function differenceOf(orm: Orm, clock: Clock): Promise<number> {
  const before = clock().getTime()
  const [row] = await orm.em.fork().execute<{ now: string }[]>('select utc_timestamp(3) as now')
  const after = clock().getTime()
  const stored = toDate(row?.now ?? '').getTime()
  if (before > stored) return before - stored
  return after < stored ? after - stored : 0
}
