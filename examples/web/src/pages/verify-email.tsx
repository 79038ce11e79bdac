import { useState } from 'react'
import { Link } from 'wouter'
import { graphql } from '../gql/gql.ts'
import { Entrance } from '../parts/entrance.tsx'
import { Form, Submit } from '../parts/form.tsx'
import { MissingToken } from '../parts/missing-token.tsx'
import { Note } from '../parts/note.tsx'
import { mailToken } from '../service/mail-token.ts'
import { useCommand } from '../service/use-command.ts'

const VERIFY = graphql(`
  mutation VerifyEmail($token: String!) {
    verifyEmail(input: { token: $token }) {
      email
    }
  }
`)

/** Waits for the button, as scanners of mails open links too. */
export function VerifyEmail() {
  const verify = useCommand(VERIFY)
  const [email, setEmail] = useState<string | null>(null)
  const submit = async () => {
    const { verifyEmail } = await verify({ token: mailToken })
    setEmail(verifyEmail?.email ?? '')
  }
  if (!mailToken) return <MissingToken />
  if (email !== null) {
    return (
      <Entrance title="Your address is confirmed" footer={<Link href="/">Go to your account</Link>}>
        <Note kind="good">
          <b>{email}</b> is yours.
        </Note>
      </Entrance>
    )
  }
  return (
    <Entrance title="Confirm your address" lead="One click, and we know that mails reach you.">
      <Form
        onSubmit={submit}
        sentences={{
          MAIL_TOKEN_INVALID: 'This link is used, replaced by a later one, or too old. Sign in to have another sent.',
        }}
      >
        <Submit>Confirm the address</Submit>
      </Form>
    </Entrance>
  )
}
