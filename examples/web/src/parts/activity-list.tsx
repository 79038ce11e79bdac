import { graphql } from '../gql/gql.ts'
import type { ActivityItemFragment, ActivityWithPeopleFragment } from '../gql/graphql.ts'
import { nameOf } from '../service/viewer.tsx'
import { deviceName } from './device.ts'
import { describeAction } from './names.ts'
import { Time } from './time.tsx'
import { UserLink } from './user-link.tsx'

graphql(`
  fragment ActivityItem on Activity {
    id
    action
    details
    timestamp
    ipAddress
    userAgent
    userId
    actorId
    apiKeyId
  }
`)

graphql(`
  fragment ActivityWithPeople on Activity {
    ...ActivityItem
    user {
      id
      username
      displayName
    }
    actor {
      id
      username
      displayName
    }
  }
`)

/** Their details are a name: of the field that was refused, and of the role. */
const NAMING = /^(ACCESS_DENIED|ROLE_.*)$/

/** What happened, newest first. */
export function ActivityList({ items }: { items: ActivityItemFragment[] }) {
  if (items.length === 0) return <p className="empty">Nothing has happened yet.</p>
  return (
    <ol className="entries">
      {items.map((item) => (
        <Entry key={item.id} item={item}>
          {item.actorId && item.userId && item.actorId !== item.userId && 'By an administrator · '}
        </Entry>
      ))}
    </ol>
  )
}

/** The same of many accounts: who did it to whom. */
export function ActivityListOfAll({ items }: { items: ActivityWithPeopleFragment[] }) {
  if (items.length === 0) return <p className="empty">Nothing fits.</p>
  return (
    <ol className="entries">
      {items.map((item) => (
        <Entry key={item.id} item={item}>
          {(item.userId || !item.actorId) && <Person of={item.user} id={item.userId} />}
          {item.actorId && item.actorId !== item.userId && (
            <>
              {' by '}
              <Person of={item.actor} id={item.actorId} />
            </>
          )}
          {' · '}
        </Entry>
      ))}
    </ol>
  )
}

type Named = { id: string; username: string; displayName?: string | null }

function Person({ of: person, id }: { of?: Named | null; id?: string | null }) {
  if (person) return <UserLink id={person.id}>{nameOf(person)}</UserLink>
  return <>{id ? 'an account that is gone' : 'an unknown account'}</>
}

function Entry({ item, children }: { item: ActivityItemFragment; children: React.ReactNode }) {
  const { text, tone } = describeAction(item.action)
  const place = [item.userAgent && deviceName(item.userAgent), item.ipAddress].filter(Boolean).join(' · ')
  return (
    <li>
      <span className={`dot ${tone}`} />
      <div>
        <b>{text}</b>
        <small>
          {children}
          {place || 'From an unknown place'}
          {item.apiKeyId && ' · by an API key'}
          {NAMING.test(item.action) && item.details && ` · ${item.details}`}
        </small>
      </div>
      <Time of={item.timestamp} />
    </li>
  )
}
