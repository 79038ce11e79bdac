import { type ReactNode, useState } from 'react'
import { useLocation } from 'wouter'
import { graphql } from '../gql/gql.ts'
import { useCommand } from '../service/use-command.ts'
import { nameOf, useMay, useViewer } from '../service/viewer.tsx'
import { Button } from './button.tsx'
import { FormDialog } from './dialog.tsx'
import { notify } from './notices.tsx'
import { Card } from './page.tsx'

const SET_ACTIVE = graphql(`
  mutation SetActive($userId: ID!, $isActive: Boolean!) {
    updateUser(input: { userId: $userId, isActive: $isActive }) {
      user {
        id
        isActive
      }
    }
  }
`)

const END_SESSIONS = graphql(`
  mutation EndSessions($userId: ID!) {
    revokeUserSessions(input: { userId: $userId }) {
      revokedSessions
    }
  }
`)

const RESET_SECOND_FACTOR = graphql(`
  mutation ResetSecondFactor($userId: ID!) {
    resetSecondFactor(input: { userId: $userId }) {
      user {
        id
        totpEnabledAt
      }
    }
  }
`)

const DELETE = graphql(`
  mutation DeleteUser($userId: ID!) {
    deleteUser(input: { userId: $userId }) {
      userId
    }
  }
`)

interface User {
  id: string
  username: string
  displayName?: string | null
  isActive: boolean
  totpEnabledAt?: string | null
}

interface Deed {
  label: string
  question: string
  explanation: string
  done: string
  isDangerous?: boolean
  run: () => Promise<unknown>
}

/** What an administrator may do to an account of somebody else. */
export function UserActions({ user }: { user: User }) {
  const viewer = useViewer()
  const deeds = useDeeds(user)
  const [asked, setAsked] = useState<Deed | null>(null)
  if (deeds.length === 0 || viewer.id === user.id) return null
  return (
    <Card title="Actions">
      <ul className="rows">
        {deeds.map((deed) => (
          <Row key={deed.label} text={deed.explanation}>
            <Button kind={deed.isDangerous ? 'danger' : 'plain'} onClick={() => setAsked(deed)}>
              {deed.label}
            </Button>
          </Row>
        ))}
      </ul>
      {asked && (
        <FormDialog
          title={asked.question}
          action={asked.label}
          kind={asked.isDangerous ? 'danger' : 'primary'}
          onSubmit={async () => {
            await asked.run()
            notify(asked.done)
          }}
          onClose={() => setAsked(null)}
        >
          <p>{asked.explanation}</p>
        </FormDialog>
      )}
    </Card>
  )
}

function Row({ text, children }: { text: string; children: ReactNode }) {
  return (
    <li>
      <p className="grow">{text}</p>
      {children}
    </li>
  )
}

function useDeeds(user: User): Deed[] {
  const { id: userId, isActive, totpEnabledAt } = user
  const name = nameOf(user)
  const may = useMay()
  const [, navigate] = useLocation()
  const setActive = useCommand(SET_ACTIVE)
  const endSessions = useCommand(END_SESSIONS)
  const resetSecondFactor = useCommand(RESET_SECOND_FACTOR)
  const remove = useCommand(DELETE)
  const state: Deed = isActive
    ? {
        label: 'Disable',
        question: `Disable ${name}?`,
        explanation: 'Nobody can sign in to a disabled account. Its devices are signed out at once.',
        done: `${name} is disabled.`,
        isDangerous: true,
        run: () => setActive({ userId, isActive: false }),
      }
    : {
        label: 'Enable',
        question: `Enable ${name}?`,
        explanation: 'The account can sign in again, with the password that it has.',
        done: `${name} is enabled.`,
        run: () => setActive({ userId, isActive: true }),
      }
  const sessions: Deed = {
    label: 'Sign out everywhere',
    question: `Sign ${name} out everywhere?`,
    explanation: 'Every device of the account has to sign in again.',
    done: `${name} is signed out everywhere.`,
    run: () => endSessions({ userId }),
  }
  const secondFactor: Deed = {
    label: 'Reset two-step sign-in',
    question: `Reset two-step sign-in of ${name}?`,
    explanation: 'For a lost phone: the password alone does then. Be sure who asks for it.',
    done: `Two-step sign-in of ${name} is off.`,
    isDangerous: true,
    run: () => resetSecondFactor({ userId }),
  }
  const deletion: Deed = {
    label: 'Delete',
    question: `Delete ${name}?`,
    explanation: 'The account is gone for good. What it did stays in the log, without its name.',
    done: `${name} is deleted.`,
    isDangerous: true,
    run: async () => {
      await remove({ userId })
      navigate('/users')
    },
  }
  return [
    ...(may('USER_UPDATE') ? [sessions, ...(totpEnabledAt ? [secondFactor] : []), state] : []),
    ...(may('USER_DELETE') ? [deletion] : []),
  ]
}
