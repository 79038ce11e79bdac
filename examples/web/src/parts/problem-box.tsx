import type { ReactNode } from 'react'
import type { Problem } from '../service/problem.ts'
import { Note } from './note.tsx'

export function ProblemBox({ problem, sentences = {} }: { problem: Problem; sentences?: Record<string, ReactNode> }) {
  const faults = Object.entries(problem.fields)
  return (
    <div role="alert" tabIndex={-1} data-problem="">
      <Note kind="bad">
        {sentences[problem.code ?? ''] ?? problem.text}
        {problem.code === 'BAD_USER_INPUT' && faults.length > 0 && ` ${faults.map(([, text]) => text).join(' ')}`}
        {problem.requestId && (
          <>
            {' '}
            Report it with the number <code>{problem.requestId}</code>.
          </>
        )}
      </Note>
    </div>
  )
}
