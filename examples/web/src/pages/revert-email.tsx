import { useState } from 'react'
import { Link } from 'wouter'
import { graphql } from '../gql/gql.ts'
import { Entrance } from '../parts/entrance.tsx'
import { Form, Submit } from '../parts/form.tsx'
import { MissingToken } from '../parts/missing-token.tsx'
import { Note } from '../parts/note.tsx'
import { mailToken } from '../service/mail-token.ts'
import { useCommand } from '../service/use-command.ts'

const REVERT = graphql(`
  mutation RevertEmailChange($token: String!) {
    revertEmailChange(input: { token: $token }) {
      email
    }
  }
`)

export function RevertEmail() {
  const revert = useCommand(REVERT)
  const [email, setEmail] = useState<string | null>(null)
  const submit = async () => {
    const { revertEmailChange } = await revert({ token: mailToken })
    setEmail(revertEmailChange?.email ?? '')
  }
  if (!mailToken) return <MissingToken />
  if (email !== null) {
    return (
      <Entrance title="Your address is back" footer={<Link href="/sign-in">To the sign-in</Link>}>
        <Note kind="good">
          <b>{email}</b> is the address of your account again. A link that sets a new password is on its way there.
        </Note>
      </Entrance>
    )
  }
  return (
    <Entrance title="Take the change back">
      <p>The e-mail address of your account was changed. If it was not you, take the change back:</p>
      <ul className="facts">
        <li>this address becomes yours again,</li>
        <li>every device is signed out and the password ends,</li>
        <li>a link that sets a new password comes here.</li>
      </ul>
      <Form onSubmit={submit}>
        <Submit kind="danger">Take the change back</Submit>
      </Form>
    </Entrance>
  )
}
