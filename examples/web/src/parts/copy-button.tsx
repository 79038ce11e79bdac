import { useState } from 'react'
import { Button } from './button.tsx'

/** Says by itself that it has copied: what stands outside of a dialog is not read out. */
export function CopyButton({ text }: { text: string }) {
  const [isDone, setDone] = useState(false)
  // Browsers have no clipboard for pages of plain http.
  if (!navigator.clipboard) return null
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setDone(true),
      () => setDone(false),
    )
  return (
    <Button icon={isDone ? 'check' : 'copy'} onClick={copy}>
      {isDone ? 'Copied' : 'Copy'}
    </Button>
  )
}
