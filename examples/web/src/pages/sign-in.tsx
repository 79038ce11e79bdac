import { GatehouseError } from 'gatehouse-client'
import { useState } from 'react'
import { Link } from 'wouter'
import { Button } from '../parts/button.tsx'
import { Entrance } from '../parts/entrance.tsx'
import { CodeField, Form, PasswordField, Submit, TextField, type Values } from '../parts/form.tsx'
import { Note } from '../parts/note.tsx'
import { session, signIn } from '../service/session.ts'
import { useStore } from '../service/store.ts'

interface Credentials {
  identifier: string
  password: string
}

const ENDINGS: Record<string, string> = {
  REFRESH_TOKEN_INVALID: 'Your session has ended. Sign in again.',
  REFRESH_TOKEN_REUSED:
    'Your session was ended, because its key was used twice. Somebody may have copied it: change your password.',
  REPLACED: 'Somebody else has signed in in another tab. Reload the page to see who.',
}

/** Asks for the password, then for the second factor where there is one. */
export function SignIn() {
  const { reason } = useStore(signIn)
  const [first, setFirst] = useState<Credentials | null>(null)
  if (first) return <SecondStep first={first} onBack={() => setFirst(null)} />

  const submit = async (values: Values) => {
    const credentials = { identifier: values.text('identifier'), password: values.text('password') }
    try {
      await session.login(credentials)
    } catch (error) {
      if (!(error instanceof GatehouseError) || error.code !== 'SECOND_FACTOR_REQUIRED') throw error
      setFirst(credentials)
    }
  }
  return (
    <Entrance
      title="Sign in"
      footer={
        <>
          New here? <Link href="/register">Open an account</Link>
        </>
      }
    >
      {reason && ENDINGS[reason] && <Note kind="info">{ENDINGS[reason]}</Note>}
      <Form onSubmit={submit}>
        <TextField
          name="identifier"
          label="Username or e-mail address"
          autoComplete="username"
          autoCapitalize="off"
          spellCheck={false}
          required
        />
        <PasswordField name="password" label="Password" autoComplete="current-password" required />
        <Submit>Sign in</Submit>
        <Link href="/forgotten-password">Forgotten your password?</Link>
      </Form>
    </Entrance>
  )
}

function SecondStep({ first, onBack }: { first: Credentials; onBack: () => void }) {
  const [isRecovery, setRecovery] = useState(false)
  const submit = (values: Values) => {
    const secondFactor = isRecovery ? { recoveryCode: values.text('recoveryCode') } : { code: values.text('code') }
    return session.login({ ...first, secondFactor })
  }
  return (
    <Entrance
      title="One more step"
      lead={isRecovery ? 'Each recovery code works once.' : 'Open your authenticator app and type the six digits.'}
    >
      <Form key={String(isRecovery)} onSubmit={submit}>
        {isRecovery ? (
          <CodeField key="recovery" name="recoveryCode" label="Recovery code" autoFocus />
        ) : (
          <CodeField key="code" label="Code" autoFocus />
        )}
        <Submit>Sign in</Submit>
        <div className="actions between">
          <Button kind="quiet" onClick={() => setRecovery(!isRecovery)}>
            {isRecovery ? 'Use the app' : 'Use a recovery code'}
          </Button>
          <Button kind="quiet" icon="back" onClick={onBack}>
            Back
          </Button>
        </div>
      </Form>
    </Entrance>
  )
}
