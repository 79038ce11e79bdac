import { useState } from 'react'
import { Link } from 'wouter'
import { graphql } from '../gql/gql.ts'
import { Entrance } from '../parts/entrance.tsx'
import { Form, Submit, TextField, type Values } from '../parts/form.tsx'
import { Note } from '../parts/note.tsx'
import { useCommand } from '../service/use-command.ts'

const REQUEST = graphql(`
  mutation RequestPasswordReset($email: String!) {
    requestPasswordReset(input: { email: $email }) {
      accepted
    }
  }
`)

export function ForgottenPassword() {
  const request = useCommand(REQUEST)
  const [address, setAddress] = useState<string | null>(null)
  const submit = async (values: Values) => {
    await request({ email: values.text('email') })
    setAddress(values.text('email'))
  }
  return (
    <Entrance
      title="Forgotten your password?"
      lead={!address && 'Tell us your address, and we send you a link that sets a new one.'}
      footer={<Link href="/sign-in">Back to the sign-in</Link>}
    >
      {address ? (
        <Note kind="good">
          If there is an account for <b>{address}</b>, a mail is on its way. Its link works for 30 minutes.
        </Note>
      ) : (
        <Form onSubmit={submit}>
          <TextField name="email" label="E-mail address" type="email" autoComplete="email" required />
          <Submit>Send the link</Submit>
        </Form>
      )}
    </Entrance>
  )
}
