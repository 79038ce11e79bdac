import { useState } from 'react'
import { Button } from './button.tsx'

const SIZE = 20

/** A page of a list: from its start, behind a cursor, or before one. */
interface PageArguments {
  first?: number
  after?: string | null
  last?: number
  before?: string | null
}

interface PageInfo {
  hasNextPage: boolean
  hasPreviousPage: boolean
  startCursor?: string | null
  endCursor?: string | null
}

/** Where a list stands. A change of `of`, such as its filter, leads back to the start. */
export function usePaging(of: string, size = SIZE) {
  const start = { of, page: { first: size } as PageArguments }
  const [place, setPlace] = useState(start)
  if (place.of !== of) setPlace(start)
  return {
    page: place.of === of ? place.page : start.page,
    next: ({ endCursor }: PageInfo) => setPlace({ of, page: { first: size, after: endCursor } }),
    previous: ({ startCursor }: PageInfo) => setPlace({ of, page: { last: size, before: startCursor } }),
  }
}

interface PagerProps extends Omit<ReturnType<typeof usePaging>, 'page'> {
  info: PageInfo
  /** What the list holds, such as "users". */
  label: string
  total?: { totalCount: number; totalCountIsExact: boolean } | null
}

export function Pager({ info, label, total, next, previous }: PagerProps) {
  return (
    <nav className="pager" aria-label={`Pages of ${label}`}>
      <p>
        {total && `${total.totalCountIsExact ? '' : 'More than '}${total.totalCount.toLocaleString('en')} ${label}`}
      </p>
      {(info.hasPreviousPage || info.hasNextPage) && (
        <div className="actions">
          <Button icon="previous" disabled={!info.hasPreviousPage} onClick={() => previous(info)}>
            Previous
          </Button>
          <Button icon="next" className="icon-last" disabled={!info.hasNextPage} onClick={() => next(info)}>
            Next
          </Button>
        </div>
      )}
    </nav>
  )
}
