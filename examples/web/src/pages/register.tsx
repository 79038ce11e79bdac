import { GatehouseError } from 'gatehouse-client'
import { useState } from 'react'
import { Link } from 'wouter'
import { graphql } from '../gql/gql.ts'
import { Entrance } from '../parts/entrance.tsx'
import { Form, PasswordField, Submit, TextField, type Values } from '../parts/form.tsx'
import { Note } from '../parts/note.tsx'
import { session } from '../service/session.ts'
import { useCommand } from '../service/use-command.ts'

const REGISTER = graphql(`
  mutation Register($input: RegisterInput!) {
    register(input: $input) {
      user {
        id
        email
      }
    }
  }
`)

export const PASSWORD_HINT = 'At least 8 characters with a letter and a digit, or 15 of any kind.'

/** Opens an account and signs in, where that needs no confirmed address. */
export function Register() {
  const register = useCommand(REGISTER)
  const [address, setAddress] = useState<string | null>(null)
  if (address) return <AddressFirst address={address} />

  const submit = async (values: Values) => {
    const [username, email, password] = [values.text('username'), values.text('email'), values.text('password')]
    await register({ input: { username, email, password, displayName: values.text('displayName') || null } })
    try {
      await session.login({ identifier: username.trim(), password })
    } catch (error) {
      if (!(error instanceof GatehouseError) || error.code !== 'EMAIL_NOT_VERIFIED') throw error
      setAddress(email)
    }
  }
  return (
    <Entrance
      title="Open an account"
      footer={
        <>
          You have one? <Link href="/sign-in">Sign in</Link>
        </>
      }
    >
      <Form
        onSubmit={submit}
        sentences={{ FORBIDDEN: 'Accounts are opened by invitation here. Ask an administrator.' }}
      >
        <TextField
          name="username"
          label="Username"
          autoComplete="username"
          autoCapitalize="off"
          spellCheck={false}
          required
        />
        <TextField name="email" label="E-mail address" type="email" autoComplete="email" required />
        <TextField name="displayName" label="Name" hint="As others see it; may be left empty." autoComplete="name" />
        <PasswordField name="password" label="Password" hint={PASSWORD_HINT} autoComplete="new-password" required />
        <Submit>Open the account</Submit>
      </Form>
    </Entrance>
  )
}

function AddressFirst({ address }: { address: string }) {
  return (
    <Entrance title="Look into your mail" footer={<Link href="/sign-in">To the sign-in</Link>}>
      <Note kind="good">
        Your account is open. Confirm <b>{address}</b> by the link that we have sent there, then sign in.
      </Note>
    </Entrance>
  )
}
