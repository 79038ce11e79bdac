import { useState } from 'react'
import { passwordRequest } from '../service/password-request.ts'
import { session } from '../service/session.ts'
import { useStore } from '../service/store.ts'
import { useViewer } from '../service/viewer.tsx'
import { Button } from './button.tsx'
import { FormDialog } from './dialog.tsx'
import { CodeField, PasswordField, type Values } from './form.tsx'

/** Opens over whatever was being done when the service asks who is there; that goes on afterwards. */
export function PasswordRequest() {
  const request = useStore(passwordRequest)
  const { username, totpEnabledAt } = useViewer()
  const [isRecovery, setRecovery] = useState(false)
  if (!request) return null
  const confirm = async (values: Values) => {
    const secondFactor = isRecovery ? { recoveryCode: values.text('recoveryCode') } : { code: values.text('code') }
    await session.reauthenticate({ password: values.text('password'), ...(totpEnabledAt && { secondFactor }) })
    request.goOn()
  }
  return (
    <FormDialog title="Is it you?" action="Go on" onSubmit={confirm} onClose={request.giveUp}>
      <p>This needs a sign-in of the last minutes. Give your password again, and it goes on from here.</p>
      <input type="text" name="username" autoComplete="username" value={username} readOnly hidden />
      <PasswordField name="password" label="Password" autoComplete="current-password" autoFocus />
      {totpEnabledAt && (
        <>
          {isRecovery ? (
            <CodeField key="recovery" name="recoveryCode" label="Recovery code" />
          ) : (
            <CodeField key="code" label="Code of your authenticator app" />
          )}
          <Button kind="quiet" onClick={() => setRecovery(!isRecovery)}>
            {isRecovery ? 'Use the app' : 'Use a recovery code'}
          </Button>
        </>
      )}
    </FormDialog>
  )
}
