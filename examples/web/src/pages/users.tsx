import { useEffect, useState } from 'react'
import { useQuery } from 'urql'
import { graphql } from '../gql/gql.ts'
import type { UserFilter, UsersQuery } from '../gql/graphql.ts'
import { Answer } from '../parts/answer.tsx'
import { Avatar } from '../parts/avatar.tsx'
import { Button } from '../parts/button.tsx'
import { Icon } from '../parts/icon.tsx'
import { InviteUser } from '../parts/invite-user.tsx'
import { Badge } from '../parts/note.tsx'
import { Card, Page } from '../parts/page.tsx'
import { Pager, usePaging } from '../parts/pager.tsx'
import { RoleOptions } from '../parts/role-options.tsx'
import { Time } from '../parts/time.tsx'
import { UserLink } from '../parts/user-link.tsx'
import { useFilters } from '../service/use-filters.ts'
import { nameOf, useMay } from '../service/viewer.tsx'

const USERS = graphql(`
  query Users($first: Int, $after: String, $last: Int, $before: String, $filter: UserFilter, $orderBy: UserOrder) {
    users(first: $first, after: $after, last: $last, before: $before, filter: $filter, orderBy: $orderBy) {
      nodes {
        id
        username
        displayName
        email
        emailVerifiedAt
        totpEnabledAt
        isActive
        lastLoginAt
        role {
          name
        }
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
  query UsersCount($filter: UserFilter) {
    users(filter: $filter) {
      totalCount
      totalCountIsExact
    }
  }
`)

const ORDERS = {
  newest: { label: 'Newest first', orderBy: { field: 'CREATED_AT', direction: 'DESC' } },
  oldest: { label: 'Oldest first', orderBy: { field: 'CREATED_AT', direction: 'ASC' } },
  username: { label: 'By username', orderBy: { field: 'USERNAME', direction: 'ASC' } },
  email: { label: 'By e-mail address', orderBy: { field: 'EMAIL', direction: 'ASC' } },
} as const

type Order = keyof typeof ORDERS
type Row = NonNullable<UsersQuery['users']>['nodes'][number]

const TYPING_MS = 300

export function UsersPage() {
  const may = useMay()
  const [params, set] = useFilters()
  const [isInviting, setInviting] = useState(false)
  const order = ((params.get('order') ?? 'newest') in ORDERS ? (params.get('order') ?? 'newest') : 'newest') as Order
  const filter = filterOf(params)
  const { page, ...turn } = usePaging(params.toString())
  const [answer] = useQuery({ query: USERS, variables: { ...page, filter, orderBy: ORDERS[order].orderBy } })
  const [count] = useQuery({ query: COUNT, variables: { filter } })
  return (
    <Page
      title="Users"
      actions={
        may('USER_CREATE') && (
          <Button kind="primary" icon="invite" onClick={() => setInviting(true)}>
            Invite
          </Button>
        )
      }
    >
      <Card>
        <search className="filters">
          <SearchField value={params.get('search') ?? ''} onChange={(value) => set('search', value)} />
          <label>
            <span className="unseen">Role</span>
            <select value={params.get('role') ?? ''} onChange={(event) => set('role', event.target.value)}>
              <option value="">Every role</option>
              <RoleOptions />
            </select>
          </label>
          <label>
            <span className="unseen">State</span>
            <select value={params.get('state') ?? ''} onChange={(event) => set('state', event.target.value)}>
              <option value="">Enabled or not</option>
              <option value="enabled">Enabled</option>
              <option value="disabled">Disabled</option>
            </select>
          </label>
          <label>
            <span className="unseen">Order</span>
            <select value={order} onChange={(event) => set('order', event.target.value)}>
              {Object.entries(ORDERS).map(([name, { label }]) => (
                <option key={name} value={name}>
                  {label}
                </option>
              ))}
            </select>
          </label>
        </search>
        <Answer of={answer} lines={8}>
          {({ users }) =>
            users && (
              <>
                <UserTable users={users.nodes} />
                <Pager {...turn} info={users.pageInfo} label="users" total={count.data?.users} />
              </>
            )
          }
        </Answer>
      </Card>
      {isInviting && <InviteUser onClose={() => setInviting(false)} />}
    </Page>
  )
}

function filterOf(params: URLSearchParams): UserFilter {
  const state = params.get('state')
  return {
    search: params.get('search') || undefined,
    role: params.get('role') || undefined,
    isActive: state ? state === 'enabled' : undefined,
  }
}

/** Asks when the typing rests. */
function SearchField({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const [typed, setTyped] = useState(value)
  useEffect(() => {
    if (typed === value) return
    const timer = setTimeout(() => onChange(typed), TYPING_MS)
    return () => clearTimeout(timer)
  }, [typed, value, onChange])
  return (
    <label className="search">
      <span className="unseen">Start of a username or e-mail address</span>
      <Icon name="search" />
      <input
        type="search"
        placeholder="Username or e-mail"
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
    </label>
  )
}

function UserTable({ users }: { users: Row[] }) {
  if (users.length === 0) return <p className="empty">Nobody fits.</p>
  return (
    <table>
      <caption className="unseen">Users</caption>
      <thead>
        <tr>
          <th scope="col">User</th>
          <th scope="col" className="wide">
            Role
          </th>
          <th scope="col" className="wide">
            State
          </th>
          <th scope="col" className="wide">
            Last sign-in
          </th>
        </tr>
      </thead>
      <tbody>
        {users.map((user) => (
          <tr key={user.id}>
            <th scope="row">
              <UserLink id={user.id} className="person">
                <Avatar name={nameOf(user)} />
                <span>
                  <b>{nameOf(user)}</b>
                  <small>{user.email}</small>
                  <small className="narrow">
                    {user.role.name}
                    {!user.isActive && ' · disabled'}
                  </small>
                </span>
              </UserLink>
            </th>
            <td className="wide">{user.role.name}</td>
            <td className="wide">
              <States of={user} />
            </td>
            <td className="wide">{user.lastLoginAt ? <Time of={user.lastLoginAt} /> : 'Never'}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

export function States({ of: user }: { of: Pick<Row, 'isActive' | 'emailVerifiedAt' | 'totpEnabledAt'> }) {
  return (
    <span className="badges">
      {user.isActive ? <Badge kind="good">Enabled</Badge> : <Badge kind="bad">Disabled</Badge>}
      {!user.emailVerifiedAt && <Badge kind="warning">Unconfirmed</Badge>}
      {user.totpEnabledAt && <Badge>Two-step</Badge>}
    </span>
  )
}
