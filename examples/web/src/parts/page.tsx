import { type ReactNode, useEffect, useRef } from 'react'

interface PageProps {
  title: string
  /** Below the title. */
  lead?: ReactNode
  /** Beside the title. */
  actions?: ReactNode
  children: ReactNode
}

/** Names the page, in the tab as well, and has screen readers say so. */
export function Page({ title, lead, actions, children }: PageProps) {
  return (
    <>
      <div className="page-head">
        <div>
          <Title>{title}</Title>
          {lead && <p className="lead">{lead}</p>}
        </div>
        {actions && <div className="actions">{actions}</div>}
      </div>
      {children}
    </>
  )
}

/** The browser itself tells of the page that it has loaded. */
let isFirst = true

export function Title({ children }: { children: string }) {
  const title = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = `${children} · Gatehouse`
  }, [children])
  useEffect(() => {
    scrollTo(0, 0)
    // After a link: screen readers go on here. A field that took the focus keeps it.
    if (!isFirst && !document.activeElement?.matches('input')) title.current?.focus({ preventScroll: true })
    isFirst = false
  }, [])
  return (
    <h1 ref={title} tabIndex={-1}>
      {children}
    </h1>
  )
}

interface CardProps {
  title?: string
  lead?: ReactNode
  actions?: ReactNode
  children?: ReactNode
  className?: string
}

export function Card({ title, lead, actions, children, className = '' }: CardProps) {
  return (
    <section className={`card ${className}`}>
      {(title || actions) && (
        <div className="card-head">
          <div>
            {title && <h2>{title}</h2>}
            {lead && <p className="lead">{lead}</p>}
          </div>
          {actions && <div className="actions">{actions}</div>}
        </div>
      )}
      {children}
    </section>
  )
}
