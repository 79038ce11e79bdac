import { graphql } from '../gql/gql.ts'
import type { Permission } from '../gql/graphql.ts'
import { useCommand } from '../service/use-command.ts'
import { FormDialog } from './dialog.tsx'
import { TextField, type Values } from './form.tsx'
import { notify } from './notices.tsx'
import { PermissionChoice } from './permission-choice.tsx'
import { RoleField } from './role-options.tsx'

const CREATE = graphql(`
  mutation CreateRole($input: CreateRoleInput!) {
    createRole(input: $input) {
      role {
        name
      }
    }
  }
`)

const UPDATE = graphql(`
  mutation UpdateRole($input: UpdateRoleInput!) {
    updateRole(input: $input) {
      role {
        name
        description
        permissions
      }
    }
  }
`)

const DELETE = graphql(`
  mutation DeleteRole($input: DeleteRoleInput!) {
    deleteRole(input: $input) {
      name
      movedUsers
    }
  }
`)

interface RoleDialogProps {
  /** Left out: a new one. */
  role?: { name: string; description?: string | null; permissions: readonly Permission[] }
  onClose: () => void
}

export function RoleDialog({ role, onClose }: RoleDialogProps) {
  const create = useCommand(CREATE)
  const update = useCommand(UPDATE)
  const submit = async (values: Values) => {
    const name = role?.name ?? values.text('name')
    const permissions = values.all<Permission>('permissions')
    const input = { name, description: values.text('description') || null, permissions }
    await (role ? update({ input }) : create({ input }))
    notify(role ? `${name} is changed.` : `${name} can be given now.`)
  }
  const title = role ? `Change ${role.name}` : 'New role'
  return (
    <FormDialog title={title} action={role ? 'Save' : 'Make the role'} onSubmit={submit} onClose={onClose}>
      {!role && (
        <TextField
          name="name"
          label="Name"
          hint="2 to 32 small letters, digits, dashes; it cannot be changed later."
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          autoFocus
        />
      )}
      <TextField name="description" label="Description" autoComplete="off" defaultValue={role?.description ?? ''} />
      <PermissionChoice chosen={role?.permissions} />
    </FormDialog>
  )
}

/** Accounts that have it get another one. */
export function DeleteRole({ name, isInUse, onClose }: { name: string; isInUse: boolean; onClose: () => void }) {
  const remove = useCommand(DELETE)
  const submit = async (values: Values) => {
    await remove({ input: { name, moveTo: values.text('moveTo') || null } })
    notify(`${name} is deleted.`)
  }
  return (
    <FormDialog title={`Delete ${name}?`} action="Delete" kind="danger" onSubmit={submit} onClose={onClose}>
      {isInUse ? (
        <RoleField name="moveTo" label="Accounts that have it become" current="user" except={name} />
      ) : (
        <p>Nobody has this role.</p>
      )}
    </FormDialog>
  )
}
