const DAY = new Intl.DateTimeFormat('en', { dateStyle: 'medium' })
const MOMENT = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' })
const AGO = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })
const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const

export const formatDay = (moment: string | Date) => DAY.format(new Date(moment))

/** A moment as people speak of it, exact on hovering. */
export function Time({ of: moment }: { of: string }) {
  const date = new Date(moment)
  return (
    <time dateTime={moment} title={MOMENT.format(date)}>
      {distance(date)}
    </time>
  )
}

/** Within a week in words, then as a date. */
function distance(date: Date): string {
  const seconds = Math.round((date.getTime() - Date.now()) / 1000)
  if (Math.abs(seconds) < 45) return 'just now'
  if (Math.abs(seconds) > 7 * 86_400) return DAY.format(date)
  const [unit, length] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? ['minute', 60]
  return AGO.format(Math.trunc(seconds / length) || Math.sign(seconds), unit)
}
