import { Component, type ReactNode } from 'react'
import { Button } from './button.tsx'
import { Note } from './note.tsx'

/** Instead of an empty page after a fault of the app. React has no hook for it. */
export class Crash extends Component<{ children: ReactNode }, { isBroken: boolean }> {
  override state = { isBroken: false }

  static getDerivedStateFromError() {
    return { isBroken: true }
  }

  override render() {
    if (!this.state.isBroken) return this.props.children
    return (
      <main className="alone">
        <Note kind="bad">
          <p>This page broke. What you did before is kept.</p>
          <div className="actions">
            <Button onClick={() => location.reload()}>Load it again</Button>
          </div>
        </Note>
      </main>
    )
  }
}
