import { useState } from 'react'
import { Link } from 'wouter'
import { graphql } from '../gql/gql.ts'
import { Entrance } from '../parts/entrance.tsx'
import { Form, PasswordField, Submit, type Values } from '../parts/form.tsx'
import { MissingToken } from '../parts/missing-token.tsx'
import { Note } from '../parts/note.tsx'
import { mailToken } from '../service/mail-token.ts'
import { useCommand } from '../service/use-command.ts'
import { PASSWORD_HINT } from './register.tsx'

const RESET = graphql(`
  mutation ResetPassword($input: ResetPasswordInput!) {
    resetPassword(input: $input) {
      revokedSessions
    }
  }
`)

/** Where links of forgotten passwords and of invitations lead. */
export function ResetPassword() {
  const reset = useCommand(RESET)
  const [isDone, setDone] = useState(false)
  const submit = async (values: Values) => {
    await reset({ input: { token: mailToken, newPassword: values.text('newPassword') } })
    setDone(true)
  }
  if (!mailToken) return <MissingToken />
  if (isDone) {
    return (
      <Entrance title="Your password is set" footer={<Link href="/sign-in">Sign in</Link>}>
        <Note kind="good">Sign in with it now. All devices that were signed in have been signed out.</Note>
      </Entrance>
    )
  }
  const another = (
    <>
      This link is used or too old. <Link href="/forgotten-password">Ask for a new one</Link>.
    </>
  )
  return (
    <Entrance title="Set a password">
      <Form onSubmit={submit} sentences={{ MAIL_TOKEN_INVALID: another }}>
        <PasswordField
          name="newPassword"
          label="New password"
          hint={PASSWORD_HINT}
          autoComplete="new-password"
          required
        />
        <Submit>Set the password</Submit>
      </Form>
    </Entrance>
  )
}
