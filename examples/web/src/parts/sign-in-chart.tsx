import { useEffect, useId, useRef, useState } from 'react'
import { useClient } from 'urql'
import { graphql } from '../gql/gql.ts'
import { type Problem, problemOf } from '../service/problem.ts'
import { Loading } from './answer.tsx'
import { Card } from './page.tsx'
import { ProblemBox } from './problem-box.tsx'

/** The service counts what a filter fits, up to 10,000; so each day is a question of its own. */
const DAY = graphql(`
  query SignInsOfDay($from: DateTime!, $to: DateTime!) {
    signIns: activities(first: 1, filter: { actions: [USER_LOGIN], from: $from, to: $to }) {
      totalCount
      totalCountIsExact
    }
    failures: activities(first: 1, filter: { actions: [USER_LOGIN_FAILED, SECOND_FACTOR_FAILED], from: $from, to: $to }) {
      totalCount
      totalCountIsExact
    }
  }
`)

const RANGES = [7, 14, 30]
const LABEL = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short' })

interface Count {
  value: number
  /** As it is written: with a plus where there are more. */
  text: string
}

interface Day {
  date: Date
  signIns: Count
  failures: Count
}

export function SignInChart() {
  const [length, setLength] = useState(14)
  const { days, problem } = useDays(length)
  return (
    <Card
      title="Sign-ins"
      actions={
        <label>
          <span className="unseen">Days of the chart</span>
          <select value={length} onChange={(event) => setLength(Number(event.target.value))}>
            {RANGES.map((range) => (
              <option key={range} value={range}>
                Last {range} days
              </option>
            ))}
          </select>
        </label>
      }
    >
      {problem && <ProblemBox problem={problem} />}
      {!problem && (days ? <Chart days={days} /> : <Loading lines={5} />)}
    </Card>
  )
}

function useDays(length: number) {
  const client = useClient()
  const [state, setState] = useState<{ days?: Day[]; problem?: Problem }>({})
  useEffect(() => {
    let isOver = false
    const ask = async (date: Date): Promise<Day> => {
      const next = new Date(date.getFullYear(), date.getMonth(), date.getDate() + 1)
      const variables = { from: date.toISOString(), to: next.toISOString() }
      const { data, error } = await client.query(DAY, variables, { requestPolicy: 'network-only' }).toPromise()
      if (error) throw error
      return { date, signIns: countOf(data?.signIns), failures: countOf(data?.failures) }
    }
    Promise.all(lastDays(length).map(ask)).then(
      (days) => isOver || setState({ days }),
      (error: unknown) => isOver || setState({ problem: problemOf(error) }),
    )
    return () => {
      isOver = true
    }
  }, [client, length])
  return state
}

/** Days of the viewer, today last. */
function lastDays(length: number): Date[] {
  const now = new Date()
  return Array.from(
    { length },
    (_, index) => new Date(now.getFullYear(), now.getMonth(), now.getDate() - length + 1 + index),
  )
}

function countOf(list: { totalCount: number; totalCountIsExact: boolean } | null | undefined): Count {
  const { totalCount = 0, totalCountIsExact = true } = list ?? {}
  return { value: totalCount, text: `${totalCount.toLocaleString('en')}${totalCountIsExact ? '' : '+'}` }
}

const HEIGHT = 200
/** What a label below takes. */
const LABEL_WIDTH = 60
const LEFT = 36
const BOTTOM = 24
const TOP = 8

/** Two bars a day. Whoever cannot see them opens the table. */
function Chart({ days }: { days: Day[] }) {
  const id = useId()
  const sum = (pick: (day: Day) => Count) => days.reduce((total, day) => total + pick(day).value, 0)
  const summary = `${sum((day) => day.signIns)} sign-ins and ${sum((day) => day.failures)} failures in ${days.length} days`
  return (
    <figure className="chart" aria-labelledby={id}>
      <figcaption id={id}>
        {summary}
        <span className="legend" aria-hidden="true">
          <i className="signed-in" /> Signed in <i className="failed" /> Failed
        </span>
      </figcaption>
      <Bars days={days} label={summary} />
      <details>
        <summary>Show as a table</summary>
        <DayTable days={days} caption={summary} />
      </details>
    </figure>
  )
}

/** The width of an element as it is now, so that letters keep their size. */
function useWidth() {
  const element = useRef<SVGSVGElement>(null)
  const [width, setWidth] = useState(640)
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => entry && setWidth(entry.contentRect.width))
    if (element.current) observer.observe(element.current)
    return () => observer.disconnect()
  }, [])
  return { element, width }
}

function Bars({ days, label }: { days: Day[]; label: string }) {
  const { element, width } = useWidth()
  const top = roundUp(Math.max(...days.flatMap(({ signIns, failures }) => [signIns.value, failures.value]), 1))
  const step = (width - LEFT) / days.length
  const bar = Math.min(step * 0.32, 18)
  const y = (value: number) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top)
  const every = Math.ceil(LABEL_WIDTH / step)
  return (
    <svg ref={element} viewBox={`0 0 ${width} ${HEIGHT}`} height={HEIGHT} role="img" aria-label={label}>
      {[0, top / 2, top].map((value) => (
        <g key={value}>
          <line x1={LEFT} x2={width} y1={y(value)} y2={y(value)} />
          <text x={LEFT - 8} y={y(value) + 4} textAnchor="end">
            {Number.isInteger(value) ? value.toLocaleString('en') : ''}
          </text>
        </g>
      ))}
      {days.map(({ date, signIns, failures }, index) => {
        const middle = LEFT + step * (index + 0.5)
        return (
          <g key={date.getTime()}>
            <title>{`${LABEL.format(date)}: ${signIns.text} signed in, ${failures.text} failed`}</title>
            <rect className="hover" x={middle - step / 2} y={TOP} width={step} height={HEIGHT - TOP - BOTTOM} />
            <Bar className="signed-in" x={middle - bar - 1} width={bar} from={y(signIns.value)} to={y(0)} />
            <Bar className="failed" x={middle + 1} width={bar} from={y(failures.value)} to={y(0)} />
            {(days.length - 1 - index) % every === 0 && (
              <text x={Math.min(middle, width - LABEL_WIDTH / 2 + 8)} y={HEIGHT - 4} textAnchor="middle">
                {LABEL.format(date)}
              </text>
            )}
          </g>
        )
      })}
    </svg>
  )
}

function Bar({
  className,
  x,
  width,
  from,
  to,
}: {
  className: string
  x: number
  width: number
  from: number
  to: number
}) {
  return (
    <rect className={className} x={x} y={from} width={width} height={to - from} rx={Math.min(3, (to - from) / 2)} />
  )
}

/** The next of 2, 4, 10, 20, 40, 100, …: half of it is whole. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  return [2, 4, 10].map((factor) => factor * power).find((round) => round >= value) ?? value
}

function DayTable({ days, caption }: { days: Day[]; caption: string }) {
  return (
    <table className="numbers">
      <caption className="unseen">{caption}</caption>
      <thead>
        <tr>
          <th scope="col">Day</th>
          <th scope="col">Signed in</th>
          <th scope="col">Failed</th>
        </tr>
      </thead>
      <tbody>
        {days.map(({ date, signIns, failures }) => (
          <tr key={date.getTime()}>
            <th scope="row">{LABEL.format(date)}</th>
            <td>{signIns.text}</td>
            <td>{failures.text}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
