import { useState } from 'react'
import { graphql } from '../gql/gql.ts'
import { Button } from '../parts/button.tsx'
import { FormDialog } from '../parts/dialog.tsx'
import { Form, PasswordField, Submit, type Values } from '../parts/form.tsx'
import { Badge } from '../parts/note.tsx'
import { notify } from '../parts/notices.tsx'
import { Card, Page } from '../parts/page.tsx'
import { RecoveryCodes } from '../parts/recovery-codes.tsx'
import { SecondFactorSetUp } from '../parts/second-factor-set-up.tsx'
import { formatDay } from '../parts/time.tsx'
import { useCommand } from '../service/use-command.ts'
import { useMay, useViewer } from '../service/viewer.tsx'
import { PASSWORD_HINT } from './register.tsx'

const CHANGE_PASSWORD = graphql(`
  mutation ChangePassword($input: ChangePasswordInput!) {
    changePassword(input: $input) {
      revokedSessions
    }
  }
`)

const REMOVE_TOTP = graphql(`
  mutation RemoveTotp {
    removeTotp {
      user {
        id
        totpEnabledAt
      }
    }
  }
`)

const REPLACE_CODES = graphql(`
  mutation ReplaceRecoveryCodes {
    replaceRecoveryCodes {
      recoveryCodes
      user {
        id
        recoveryCodesLeft
      }
    }
  }
`)

export function Security() {
  const may = useMay()
  return (
    <Page title="Security">
      <SecondFactor />
      {may('PROFILE_UPDATE') && <Password />}
    </Page>
  )
}

type Open = 'set-up' | 'remove' | 'replace' | null

function SecondFactor() {
  const { totpEnabledAt, recoveryCodesLeft } = useViewer()
  const [open, setOpen] = useState<Open>(null)
  const [codes, setCodes] = useState<string[] | null>(null)
  const remove = useCommand(REMOVE_TOTP)
  const replace = useCommand(REPLACE_CODES)
  const close = () => setOpen(null)
  const turnOff = async () => {
    await remove({})
    notify('Two-step sign-in is off.')
  }
  const renew = async () => setCodes((await replace({})).replaceRecoveryCodes?.recoveryCodes ?? null)
  return (
    <Card
      title="Two-step sign-in"
      lead="Besides the password, a code of an app on your phone. Whoever has the password alone stays out."
      actions={totpEnabledAt ? <Badge kind="good">On</Badge> : <Badge>Off</Badge>}
    >
      {totpEnabledAt ? (
        <>
          <p>
            On since {formatDay(totpEnabledAt)}. <b>{recoveryCodesLeft}</b> of your recovery codes are unused.
          </p>
          <div className="actions">
            <Button onClick={() => setOpen('replace')}>New recovery codes</Button>
            <Button kind="danger" onClick={() => setOpen('remove')}>
              Turn off
            </Button>
          </div>
        </>
      ) : (
        <Button kind="primary" icon="shield" onClick={() => setOpen('set-up')}>
          Set up
        </Button>
      )}
      {open === 'set-up' && <SecondFactorSetUp onClose={close} onCodes={setCodes} />}
      {open === 'remove' && (
        <FormDialog
          title="Turn two-step sign-in off?"
          action="Turn off"
          kind="danger"
          onSubmit={turnOff}
          onClose={close}
        >
          <p>The password alone will do then. Your recovery codes end too.</p>
        </FormDialog>
      )}
      {open === 'replace' && (
        <FormDialog title="Replace the recovery codes?" action="Replace them" onSubmit={renew} onClose={close}>
          <p>You get ten new ones. The old ones end at once.</p>
        </FormDialog>
      )}
      {codes && <RecoveryCodes codes={codes} onClose={() => setCodes(null)} />}
    </Card>
  )
}

function Password() {
  const change = useCommand(CHANGE_PASSWORD)
  const submit = async (values: Values) => {
    const input = { currentPassword: values.text('currentPassword'), newPassword: values.text('newPassword') }
    const ended = (await change({ input })).changePassword?.revokedSessions ?? 0
    notify(`Your password is changed.${ended > 0 ? ` ${ended} other devices are signed out.` : ''}`)
  }
  return (
    <Card title="Password" lead="All other devices are signed out when it changes.">
      <Form onSubmit={submit} resets>
        <div className="columns">
          <PasswordField name="currentPassword" label="Current password" autoComplete="current-password" required />
          <PasswordField
            name="newPassword"
            label="New password"
            hint={PASSWORD_HINT}
            autoComplete="new-password"
            required
          />
        </div>
        <Submit>Change the password</Submit>
      </Form>
    </Card>
  )
}
