import { useQuery } from 'urql'
import { Link } from 'wouter'
import { graphql } from '../gql/gql.ts'
import type { ActivityAction, ActivityFilter } from '../gql/graphql.ts'
import { ActivityListOfAll } from '../parts/activity-list.tsx'
import { Answer } from '../parts/answer.tsx'
import { ACTION_NAMES } from '../parts/names.ts'
import { Card, Page } from '../parts/page.tsx'
import { Pager, usePaging } from '../parts/pager.tsx'
import { SignInChart } from '../parts/sign-in-chart.tsx'
import { useFilters } from '../service/use-filters.ts'
import { nameOf } from '../service/viewer.tsx'

const ACTIVITIES = graphql(`
  query Activities($first: Int, $after: String, $last: Int, $before: String, $filter: ActivityFilter) {
    activities(first: $first, after: $after, last: $last, before: $before, filter: $filter) {
      nodes {
        ...ActivityWithPeople
      }
      pageInfo {
        hasNextPage
        hasPreviousPage
        startCursor
        endCursor
      }
    }
  }
`)

/** Asked once for a filter, and not for each page. */
const COUNT = graphql(`
  query ActivitiesCount($filter: ActivityFilter) {
    activities(filter: $filter) {
      totalCount
      totalCountIsExact
    }
  }
`)

const NAME = graphql(`
  query UserName($id: ID!) {
    user(id: $id) {
      id
      username
      displayName
    }
  }
`)

export function ActivityLog() {
  const [params, set] = useFilters()
  const filter = filterOf(params)
  const { page, ...turn } = usePaging(params.toString())
  const [answer] = useQuery({ query: ACTIVITIES, variables: { ...page, filter } })
  const [count] = useQuery({ query: COUNT, variables: { filter } })
  const userId = params.get('user')
  return (
    <Page title="All activity" lead="What happened to every account, newest first.">
      {!userId && <SignInChart />}
      <Card>
        <search className="filters">
          <label>
            <span className="unseen">What happened</span>
            <select value={params.get('action') ?? ''} onChange={(event) => set('action', event.target.value)}>
              <option value="">Everything</option>
              {ACTION_NAMES.map(({ action, text }) => (
                <option key={action} value={action}>
                  {text}
                </option>
              ))}
            </select>
          </label>
          <DayField label="From" value={params.get('from')} onChange={(value) => set('from', value)} />
          <DayField label="To" value={params.get('to')} onChange={(value) => set('to', value)} />
        </search>
        {userId && (
          <p>
            Only <UserName id={userId} />. <Link href="/log">Show everybody</Link>
          </p>
        )}
        <Answer of={answer} lines={8}>
          {({ activities }) =>
            activities && (
              <>
                <ActivityListOfAll items={activities.nodes} />
                <Pager {...turn} info={activities.pageInfo} label="entries" total={count.data?.activities} />
              </>
            )
          }
        </Answer>
      </Card>
    </Page>
  )
}

/** Days are the viewer's, the last one included. */
function filterOf(params: URLSearchParams): ActivityFilter {
  const action = params.get('action') as ActivityAction | null
  return {
    actions: action ? [action] : undefined,
    userId: params.get('user') ?? undefined,
    from: startOf(params.get('from'), 0),
    to: startOf(params.get('to'), 1),
  }
}

function startOf(day: string | null, later: number): string | undefined {
  const [year, month, date] = (day ?? '').split('-').map(Number)
  return year && month && date ? new Date(year, month - 1, date + later).toISOString() : undefined
}

interface DayFieldProps {
  label: string
  value: string | null
  onChange: (value: string) => void
}

function DayField({ label, value, onChange }: DayFieldProps) {
  return (
    <label className="day">
      {label}
      <input type="date" value={value ?? ''} onChange={(event) => onChange(event.target.value)} />
    </label>
  )
}

function UserName({ id }: { id: string }) {
  const [{ data }] = useQuery({ query: NAME, variables: { id } })
  return <b>{data?.user ? nameOf(data.user) : 'one account'}</b>
}
