import { useEffect } from 'react'
import { Store, useStore } from '../service/store.ts'
import { Icon } from './icon.tsx'

const notice = new Store<{ text: string } | null>(null)
const SHOWN_MS = 6_000

/** Says that something was done, to eyes and screen readers. */
export function notify(text: string): void {
  notice.set({ text })
}

export function Notices() {
  const shown = useStore(notice)
  useEffect(() => {
    if (!shown) return
    const timer = setTimeout(() => notice.set(null), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [shown])
  return (
    <div role="status" className="notices">
      {shown && (
        <p>
          <Icon name="done" /> {shown.text}
        </p>
      )}
    </div>
  )
}
