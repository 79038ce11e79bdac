import { useState } from 'react'
import { useQuery } from 'urql'
import { graphql } from '../gql/gql.ts'
import type { SessionsQuery } from '../gql/graphql.ts'
import { Answer } from '../parts/answer.tsx'
import { Button } from '../parts/button.tsx'
import { deviceName, isPhone } from '../parts/device.ts'
import { FormDialog } from '../parts/dialog.tsx'
import { Icon } from '../parts/icon.tsx'
import { Badge } from '../parts/note.tsx'
import { notify } from '../parts/notices.tsx'
import { Card, Page } from '../parts/page.tsx'
import { Time } from '../parts/time.tsx'
import { problemOf } from '../service/problem.ts'
import { session as ownSession } from '../service/session.ts'
import { useCommand } from '../service/use-command.ts'

const SESSIONS = graphql(`
  query Sessions {
    me {
      id
      sessions {
        id
        createdAt
        lastActiveAt
        ipAddress
        userAgent
        isCurrent
      }
    }
  }
`)

const REVOKE = graphql(`
  mutation RevokeSession($sessionId: ID!) {
    revokeSession(input: { sessionId: $sessionId }) {
      sessionId
    }
  }
`)

const REVOKE_OTHERS = graphql(`
  mutation RevokeOtherSessions {
    revokeOtherSessions {
      revokedSessions
    }
  }
`)

type OpenSession = NonNullable<NonNullable<SessionsQuery['me']>['sessions']>[number]

export function Sessions() {
  const [answer] = useQuery({ query: SESSIONS })
  const revokeOthers = useCommand(REVOKE_OTHERS)
  const [isAsking, setAsking] = useState(false)
  const endOthers = async () => {
    await revokeOthers({})
    notify('All other devices are signed out.')
  }
  return (
    <Page title="Devices" lead="Where you are signed in. Sign out what you do not know, then change your password.">
      <Card>
        <Answer of={answer} lines={4}>
          {({ me }) => {
            const sessions = me?.sessions ?? []
            return (
              <>
                <ul className="rows">
                  {sessions.map((session) => (
                    <Device key={session.id} session={session} />
                  ))}
                </ul>
                {sessions.length > 1 && (
                  <div className="actions card-foot">
                    <Button onClick={() => setAsking(true)}>Sign out all other devices</Button>
                  </div>
                )}
              </>
            )
          }}
        </Answer>
      </Card>
      {isAsking && (
        <FormDialog
          title="Sign out all other devices?"
          action="Sign them out"
          kind="danger"
          onSubmit={endOthers}
          onClose={() => setAsking(false)}
        >
          <p>Only this device stays signed in. The others have to give the password again.</p>
        </FormDialog>
      )}
    </Page>
  )
}

function Device({
  session: { id, isCurrent, userAgent, ipAddress, createdAt, lastActiveAt },
}: {
  session: OpenSession
}) {
  const revoke = useCommand(REVOKE)
  const [isBusy, setBusy] = useState(false)
  const name = deviceName(userAgent)
  const end = async () => {
    setBusy(true)
    try {
      if (isCurrent) return await ownSession.logout()
      await revoke({ sessionId: id })
      notify(`${name} is signed out.`)
    } catch (error) {
      notify(problemOf(error).text)
      setBusy(false)
    }
  }
  return (
    <li>
      <span className="tile-icon">
        <Icon name={isPhone(userAgent) ? 'phone' : 'desktop'} />
      </span>
      <div className="grow">
        <b>{name}</b> {isCurrent && <Badge kind="good">This device</Badge>}
        <small>
          {ipAddress ?? 'Unknown address'} · active <Time of={lastActiveAt} /> · signed in <Time of={createdAt} />
        </small>
      </div>
      <Button isBusy={isBusy} onClick={end}>
        Sign out
        <span className="unseen"> {isCurrent ? 'this device' : name}</span>
      </Button>
    </li>
  )
}
