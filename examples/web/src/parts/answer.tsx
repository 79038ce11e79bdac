import type { ReactNode } from 'react'
import type { UseQueryState } from 'urql'
import { problemOf } from '../service/problem.ts'
import { ProblemBox } from './problem-box.tsx'

interface AnswerProps<T> {
  of: Pick<UseQueryState<T>, 'data' | 'error'>
  /** Of the page that is loading, so that nothing jumps. */
  lines?: number
  children: (data: T) => ReactNode
}

/** What a query answered, or that it is on its way, or why there is nothing. */
export function Answer<T>({ of: { data, error }, lines = 3, children }: AnswerProps<T>) {
  if (!data && !error) return <Loading lines={lines} />
  return (
    <>
      {error && <ProblemBox problem={problemOf(error)} />}
      {data && children(data)}
    </>
  )
}

export function Loading({ lines }: { lines: number }) {
  return (
    <div className="loading" role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines are all alike
        <span key={line} />
      ))}
    </div>
  )
}
