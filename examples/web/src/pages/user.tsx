import { useQuery } from 'urql'
import { Link } from 'wouter'
import { graphql } from '../gql/gql.ts'
import type { UserPageQuery } from '../gql/graphql.ts'
import { ActivityListOfAll } from '../parts/activity-list.tsx'
import { Answer } from '../parts/answer.tsx'
import { deviceName } from '../parts/device.ts'
import { Form, Submit, TextField, type Values } from '../parts/form.tsx'
import { Icon } from '../parts/icon.tsx'
import { Note } from '../parts/note.tsx'
import { notify } from '../parts/notices.tsx'
import { Card, Page } from '../parts/page.tsx'
import { RoleField } from '../parts/role-options.tsx'
import { formatDay, Time } from '../parts/time.tsx'
import { UserActions } from '../parts/user-actions.tsx'
import { useCommand } from '../service/use-command.ts'
import { nameOf, useMay } from '../service/viewer.tsx'
import { NotFound } from './not-found.tsx'
import { States } from './users.tsx'

const USER = graphql(`
  query UserPage($id: ID!) {
    user(id: $id) {
      id
      username
      displayName
      email
      emailVerifiedAt
      totpEnabledAt
      isActive
      createdAt
      lastLoginAt
      permissions
      role {
        name
      }
      sessions {
        id
        userAgent
        ipAddress
        lastActiveAt
      }
      activities(first: 10) {
        nodes {
          ...ActivityWithPeople
        }
      }
    }
  }
`)

const UPDATE = graphql(`
  mutation UpdateUser($input: UpdateUserInput!) {
    updateUser(input: $input) {
      user {
        id
        username
        displayName
        email
        role {
          name
        }
      }
    }
  }
`)

type User = NonNullable<UserPageQuery['user']>

export function UserPage({ id }: { id: string }) {
  const [answer] = useQuery({ query: USER, variables: { id } })
  const may = useMay()
  const user = answer.data?.user
  // Nobody acts on those who may do more.
  const isWithin = user ? may(...(user.permissions ?? [])) : false
  if (answer.data && !user && !answer.error) return <NotFound />
  return (
    <>
      <Link href="/users" className="way-back">
        <Icon name="back" /> Users
      </Link>
      <Page title={user ? nameOf(user) : 'User'} lead={user && <States of={user} />}>
        <Answer of={answer} lines={8}>
          {() =>
            user && (
              <>
                {may('USER_UPDATE') && isWithin && <Account user={user} />}
                <Devices user={user} />
                {may('ACTIVITY_READ_ANY') && (
                  <Card title="Activity" actions={<Link href={`/log?user=${id}`}>See everything</Link>}>
                    <ActivityListOfAll items={user.activities?.nodes ?? []} />
                  </Card>
                )}
                {isWithin ? (
                  <UserActions user={user} />
                ) : (
                  <Note kind="info">{nameOf(user)} may do more than you, so you cannot change this account.</Note>
                )}
              </>
            )
          }
        </Answer>
      </Page>
    </>
  )
}

function Account({ user }: { user: User }) {
  const update = useCommand(UPDATE)
  const save = async (values: Values) => {
    const changed = ['username', 'email'].flatMap((name) =>
      values.text(name) === user[name as 'username' | 'email'] ? [] : [[name, values.text(name)]],
    )
    const displayName = values.text('displayName') || null
    const role = values.text('role')
    // A role that is named asks for the password again, so it is named where it changes.
    const input = {
      userId: user.id,
      displayName,
      ...Object.fromEntries(changed),
      ...(role !== user.role.name && { role }),
    }
    await update({ input })
    notify(`${displayName ?? values.text('username')} is saved.`)
  }
  return (
    <Card
      title="Account"
      lead={
        <>
          Since {formatDay(user.createdAt)} · last sign-in {user.lastLoginAt ? <Time of={user.lastLoginAt} /> : 'never'}
        </>
      }
    >
      <Form onSubmit={save} key={`${user.username} ${user.email} ${user.displayName} ${user.role.name}`}>
        <div className="columns">
          <TextField name="displayName" label="Name" autoComplete="off" defaultValue={user.displayName ?? ''} />
          <TextField name="username" label="Username" autoComplete="off" defaultValue={user.username} required />
          <TextField
            name="email"
            label="E-mail address"
            type="email"
            autoComplete="off"
            defaultValue={user.email}
            required
          />
          <RoleField name="role" label="Role" current={user.role.name} />
        </div>
        <Submit>Save</Submit>
      </Form>
    </Card>
  )
}

function Devices({ user: { sessions } }: { user: User }) {
  if (!sessions) return null
  return (
    <Card title="Devices">
      {sessions.length === 0 && <p className="empty">Nowhere signed in.</p>}
      <ul className="rows">
        {sessions.map(({ id, userAgent, ipAddress, lastActiveAt }) => (
          <li key={id}>
            <span className="tile-icon">
              <Icon name="desktop" />
            </span>
            <div className="grow">
              <b>{deviceName(userAgent)}</b>
              <small>
                {ipAddress ?? 'Unknown address'} · active <Time of={lastActiveAt} />
              </small>
            </div>
          </li>
        ))}
      </ul>
    </Card>
  )
}
