import { useState } from 'react'
import { graphql } from '../gql/gql.ts'
import { problemOf } from '../service/problem.ts'
import { useCommand } from '../service/use-command.ts'
import { useViewer } from '../service/viewer.tsx'
import { Button } from './button.tsx'
import { Note } from './note.tsx'
import { notify } from './notices.tsx'

const REQUEST = graphql(`
  mutation RequestEmailVerification {
    requestEmailVerification {
      accepted
    }
  }
`)

/** Mails the link again: to the address that waits, where there is one. */
export function useAskForLink(address: string) {
  const request = useCommand(REQUEST)
  return () =>
    request({}).then(
      () => notify(`A mail is on its way to ${address}.`),
      (error: unknown) => notify(problemOf(error).text),
    )
}

/** Above each page until the address is confirmed. */
export function ConfirmAddress() {
  const { email, emailVerifiedAt, pendingEmail } = useViewer()
  const [isHidden, setHidden] = useState(false)
  const ask = useAskForLink(pendingEmail ?? email)
  if (emailVerifiedAt || pendingEmail || isHidden) return null
  return (
    <div className="banner">
      <Note kind="warning">
        <p>
          Confirm <b>{email}</b> by the link that we have sent you.
        </p>
        <div className="actions">
          <Button onClick={ask}>Send it again</Button>
          <Button kind="quiet" onClick={() => setHidden(true)}>
            Later
          </Button>
        </div>
      </Note>
    </div>
  )
}
