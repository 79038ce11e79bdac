import { useState } from 'react'
import { graphql } from '../gql/gql.ts'
import { Button } from '../parts/button.tsx'
import { useAskForLink } from '../parts/confirm-address.tsx'
import { FormDialog } from '../parts/dialog.tsx'
import { Form, PasswordField, Submit, TextField, type Values } from '../parts/form.tsx'
import { Badge, Note } from '../parts/note.tsx'
import { notify } from '../parts/notices.tsx'
import { Card, Page } from '../parts/page.tsx'
import { session } from '../service/session.ts'
import { useCommand } from '../service/use-command.ts'
import { useMay, useViewer } from '../service/viewer.tsx'

const UPDATE = graphql(`
  mutation UpdateProfile($input: UpdateProfileInput!) {
    updateProfile(input: $input) {
      user {
        id
        username
        displayName
      }
    }
  }
`)

const CHANGE_EMAIL = graphql(`
  mutation ChangeEmail($input: ChangeEmailInput!) {
    changeEmail(input: $input) {
      user {
        id
        email
        pendingEmail
      }
    }
  }
`)

const DELETE = graphql(`
  mutation DeleteProfile($currentPassword: String!) {
    deleteProfile(input: { currentPassword: $currentPassword }) {
      userId
    }
  }
`)

/** There is nobody left to ask for. */
const NOTHING: string[] = []

export function Profile() {
  const may = useMay()
  return (
    <Page title="Profile">
      {may('PROFILE_UPDATE') && <Names />}
      {may('PROFILE_UPDATE') && <EmailAddress />}
      {may('PROFILE_DELETE') && <Deletion />}
    </Page>
  )
}

function Names() {
  const { username, displayName } = useViewer()
  const update = useCommand(UPDATE)
  const save = async (values: Values) => {
    await update({ input: { username: values.text('username'), displayName: values.text('displayName') || null } })
    notify('Your profile is saved.')
  }
  return (
    <Card title="Your name" lead="What others see of you.">
      <Form onSubmit={save} key={`${username} ${displayName}`}>
        <div className="columns">
          <TextField name="displayName" label="Name" autoComplete="name" defaultValue={displayName ?? ''} />
          <TextField
            name="username"
            label="Username"
            hint="3 to 64 letters, digits, dots, dashes. You can sign in with it."
            autoComplete="username"
            autoCapitalize="off"
            spellCheck={false}
            defaultValue={username}
            required
          />
        </div>
        <Submit>Save</Submit>
      </Form>
    </Card>
  )
}

function EmailAddress() {
  const { email, emailVerifiedAt, pendingEmail } = useViewer()
  const change = useCommand(CHANGE_EMAIL)
  const ask = useAskForLink(pendingEmail ?? email)
  const submit = async (values: Values) => {
    const input = { email: values.text('email'), currentPassword: values.text('currentPassword') }
    const user = (await change({ input })).changeEmail?.user
    notify(user?.pendingEmail ? `Open the link that we have sent to ${user.pendingEmail}.` : 'Your address is changed.')
  }
  return (
    <Card title="E-mail address" lead="Where mails go, and what you can sign in with.">
      <p className="value">
        {email} {emailVerifiedAt ? <Badge kind="good">Confirmed</Badge> : <Badge kind="warning">Not confirmed</Badge>}
      </p>
      {pendingEmail && (
        <Note kind="info">
          <p>
            <b>{pendingEmail}</b> waits for its confirmation. Until then everything stays as it is. To keep the present
            address, give it below.
          </p>
          <div className="actions">
            <Button onClick={ask}>Send the link again</Button>
          </div>
        </Note>
      )}
      <Form onSubmit={submit} resets>
        <div className="columns">
          <TextField name="email" label="New address" type="email" autoComplete="email" required />
          <PasswordField name="currentPassword" label="Current password" autoComplete="current-password" required />
        </div>
        <Submit>Change the address</Submit>
      </Form>
    </Card>
  )
}

function Deletion() {
  const remove = useCommand(DELETE, NOTHING)
  const [isAsking, setAsking] = useState(false)
  const submit = async (values: Values) => {
    await remove({ currentPassword: values.text('currentPassword') })
    await session.logout()
    notify('Your account is deleted.')
  }
  return (
    <Card
      title="Delete the account"
      lead="Your account and its devices and keys are gone at once. Nobody can bring them back."
      actions={
        <Button kind="danger" onClick={() => setAsking(true)}>
          Delete…
        </Button>
      }
    >
      {isAsking && (
        <FormDialog
          title="Delete your account?"
          action="Delete for good"
          kind="danger"
          onSubmit={submit}
          onClose={() => setAsking(false)}
        >
          <p>This cannot be undone.</p>
          <PasswordField name="currentPassword" label="Current password" autoComplete="current-password" required />
        </FormDialog>
      )}
    </Card>
  )
}
