import type { ReactNode } from 'react'
import { Brand } from './brand.tsx'
import { Title } from './page.tsx'
import { ThemeChoice } from './theme.tsx'

interface EntranceProps {
  title: string
  lead?: ReactNode
  children: ReactNode
  /** Below the card. */
  footer?: ReactNode
}

/** A page for those who are not signed in. */
export function Entrance({ title, lead, children, footer }: EntranceProps) {
  return (
    <div className="entrance">
      <header>
        <Brand />
      </header>
      <main>
        <section className="card">
          <Title>{title}</Title>
          {lead && <p className="lead">{lead}</p>}
          {children}
        </section>
        {footer && <p className="below">{footer}</p>}
      </main>
      <footer>
        <ThemeChoice />
      </footer>
    </div>
  )
}
