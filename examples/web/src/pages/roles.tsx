import { useState } from 'react'
import { useQuery } from 'urql'
import { graphql } from '../gql/gql.ts'
import type { RolesQuery } from '../gql/graphql.ts'
import { Answer } from '../parts/answer.tsx'
import { Button } from '../parts/button.tsx'
import { Icon } from '../parts/icon.tsx'
import { Badge } from '../parts/note.tsx'
import { Card, Page } from '../parts/page.tsx'
import { PermissionList } from '../parts/permission-choice.tsx'
import { DeleteRole, RoleDialog } from '../parts/role-dialogs.tsx'
import { useMay } from '../service/viewer.tsx'

const ROLES = graphql(`
  query Roles {
    roles {
      name
      description
      permissions
      isBuiltIn
      userCount
    }
  }
`)

type Role = NonNullable<RolesQuery['roles']>[number]

export function Roles() {
  const [answer] = useQuery({ query: ROLES })
  const [isMaking, setMaking] = useState(false)
  return (
    <Page
      title="Roles"
      lead="What accounts may do. A change acts on the next click of everybody who has the role."
      actions={
        <Button kind="primary" icon="plus" onClick={() => setMaking(true)}>
          New role
        </Button>
      }
    >
      <Card>
        <Answer of={answer}>
          {({ roles }) => (
            <ul className="rows">
              {roles?.map((role) => (
                <RoleRow key={role.name} role={role} />
              ))}
            </ul>
          )}
        </Answer>
      </Card>
      {isMaking && <RoleDialog onClose={() => setMaking(false)} />}
    </Page>
  )
}

function RoleRow({ role }: { role: Role }) {
  const { name, description, permissions, isBuiltIn, userCount } = role
  const may = useMay()
  const [open, setOpen] = useState<'change' | 'delete' | null>(null)
  const close = () => setOpen(null)
  return (
    <li>
      <span className="tile-icon">
        <Icon name="roles" />
      </span>
      <div className="grow">
        <b>{name}</b> {isBuiltIn && <Badge>Built in</Badge>}
        <small>
          {[description, userCount !== null && (userCount === 1 ? '1 account' : `${userCount} accounts`)]
            .filter(Boolean)
            .join(' · ')}
        </small>
        <PermissionList of={permissions} />
      </div>
      {!isBuiltIn && may(...permissions) && (
        <div className="actions">
          <Button onClick={() => setOpen('change')}>
            Change<span className="unseen"> {name}</span>
          </Button>
          <Button kind="danger" onClick={() => setOpen('delete')}>
            Delete<span className="unseen"> {name}</span>
          </Button>
        </div>
      )}
      {open === 'change' && <RoleDialog role={role} onClose={close} />}
      {open === 'delete' && <DeleteRole name={name} isInUse={userCount !== 0} onClose={close} />}
    </li>
  )
}
