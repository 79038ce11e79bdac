import type { ReactNode } from 'react'
import { Icon } from './icon.tsx'

const ICONS = { good: 'done', bad: 'alert', info: 'info', warning: 'alert' } as const

export function Note({ kind, children }: { kind: keyof typeof ICONS; children: ReactNode }) {
  return (
    <div className={`note ${kind}`}>
      <Icon name={ICONS[kind]} />
      <div>{children}</div>
    </div>
  )
}

export function Badge({
  kind = 'neutral',
  children,
}: {
  kind?: 'good' | 'bad' | 'warning' | 'neutral'
  children: ReactNode
}) {
  return <span className={`badge ${kind}`}>{children}</span>
}
