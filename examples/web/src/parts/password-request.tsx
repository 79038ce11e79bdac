import { passwordRequest } from '../service/password-request.ts'
import { session } from '../service/session.ts'
import { useStore } from '../service/store.ts'
import { useViewer } from '../service/viewer.tsx'
import { FormDialog } from './dialog.tsx'
import { CodeField, PasswordField, type Values } from './form.tsx'

/** Opens over whatever was being done when the service asks who is there; that goes on afterwards. */
export function PasswordRequest() {
  const done = useStore(passwordRequest)
  const { username, totpEnabledAt } = useViewer()
  if (!done) return null
  const confirm = (values: Values) =>
    session.reauthenticate({
      password: values.text('password'),
      ...(totpEnabledAt && { secondFactor: { code: values.text('code') } }),
    })
  return (
    <FormDialog title="Is it you?" action="Go on" onSubmit={confirm} onClose={done}>
      <p>This needs a sign-in of the last minutes. Give your password again, and it goes on from here.</p>
      <input type="text" name="username" autoComplete="username" value={username} readOnly hidden />
      <PasswordField name="password" label="Password" autoComplete="current-password" autoFocus />
      {totpEnabledAt && <CodeField label="Code of your authenticator app" />}
    </FormDialog>
  )
}
