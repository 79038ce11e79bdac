import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { Permission } from '../gql/graphql.ts'
import { useMay } from '../service/viewer.tsx'

/** What the page of a user asks for. */
export const USER_PAGE: Permission[] = ['USER_READ', 'PROFILE_READ', 'PROFILE_READ_ANY']

interface UserLinkProps {
  id: string
  className?: string
  children: ReactNode
}

/** Leads to the page of a user, where the viewer may see it. */
export function UserLink({ id, className, children }: UserLinkProps) {
  const may = useMay()
  if (!may(...USER_PAGE)) return <span className={className}>{children}</span>
  return (
    <Link href={`/users/${id}`} className={className}>
      {children}
    </Link>
  )
}
