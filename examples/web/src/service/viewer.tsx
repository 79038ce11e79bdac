import { createContext, type ReactNode, useContext } from 'react'
import { useQuery } from 'urql'
import { graphql } from '../gql/gql.ts'
import type { Permission, ViewerQuery } from '../gql/graphql.ts'
import { Answer } from '../parts/answer.tsx'

const VIEWER = graphql(`
  query Viewer {
    me {
      id
      username
      displayName
      email
      emailVerifiedAt
      pendingEmail
      totpEnabledAt
      recoveryCodesLeft
      createdAt
      permissions
      role {
        name
      }
    }
  }
`)

type Viewer = NonNullable<ViewerQuery['me']>

const ViewerContext = createContext<Viewer | null>(null)

/** Asks who is signed in, for all that stands below. */
export function ViewerProvider({ children }: { children: ReactNode }) {
  const [answer] = useQuery({ query: VIEWER })
  const me = answer.data?.me
  if (me) return <ViewerContext value={me}>{children}</ViewerContext>
  return (
    <main className="alone">
      <Answer of={answer}>{() => null}</Answer>
    </main>
  )
}

export function useViewer(): Viewer {
  const viewer = useContext(ViewerContext)
  if (!viewer) throw new Error('Nobody is signed in here')
  return viewer
}

/** Whether the viewer may do all of this. What somebody may not do is not shown; the service decides all the same. */
export function useMay(): (...permissions: Permission[]) => boolean {
  const { permissions } = useViewer()
  return (...wanted) => wanted.every((permission) => permissions?.includes(permission))
}

export const nameOf = ({ displayName, username }: { displayName?: string | null; username: string }) =>
  displayName || username
