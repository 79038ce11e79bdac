import { graphql } from '../gql/gql.ts'
import { useCommand } from '../service/use-command.ts'
import { FormDialog } from './dialog.tsx'
import { TextField, type Values } from './form.tsx'
import { notify } from './notices.tsx'
import { RoleField } from './role-options.tsx'

const INVITE = graphql(`
  mutation Invite($input: CreateUserInput!) {
    createUser(input: $input) {
      user {
        id
      }
    }
  }
`)

/** Without a password the account is invited by mail to set one. */
export function InviteUser({ onClose }: { onClose: () => void }) {
  const invite = useCommand(INVITE)
  const submit = async (values: Values) => {
    const [username, email, role] = [values.text('username'), values.text('email'), values.text('role') || 'user']
    await invite({ input: { username, email, role, displayName: values.text('displayName') || null } })
    notify(`The invitation to ${email} is on its way.`)
  }
  return (
    <FormDialog title="Invite somebody" action="Send the invitation" onSubmit={submit} onClose={onClose}>
      <p>A mail asks them to set a password. The link works for 7 days.</p>
      <TextField name="email" label="E-mail address" type="email" autoComplete="off" required autoFocus />
      <TextField name="username" label="Username" autoComplete="off" autoCapitalize="off" spellCheck={false} required />
      <TextField name="displayName" label="Name" hint="May be left empty." autoComplete="off" />
      <RoleField name="role" label="Role" current="user" />
    </FormDialog>
  )
}
