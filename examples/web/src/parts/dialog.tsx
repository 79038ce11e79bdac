import { type ReactNode, type SyntheticEvent, useId, useLayoutEffect, useRef } from 'react'
import { Button } from './button.tsx'
import { Form, Submit, type Values } from './form.tsx'
import { Icon } from './icon.tsx'

interface DialogProps {
  title: string
  onClose: () => void
  /** For what is shown this once: a stray Escape does not close it. */
  isFirm?: boolean
  children: ReactNode
}

/** The browser keeps the focus inside, and gives it back. It begins at the first field, where there is one. */
export function Dialog({ title, onClose, isFirm = false, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const id = useId()
  // Before it leaves the page: a dialog that is gone gives no focus back.
  useLayoutEffect(() => {
    const { current } = dialog
    current?.showModal()
    current?.querySelector<HTMLElement>('input:not([hidden]), select, textarea')?.focus()
    return () => current?.close()
  }, [])
  const cancel = (event: SyntheticEvent) => {
    // React alone decides whether it is there.
    event.preventDefault()
    if (!isFirm) onClose()
  }
  return (
    <dialog ref={dialog} aria-labelledby={id} onCancel={cancel}>
      <header>
        <h2 id={id}>{title}</h2>
        <button type="button" className="icon-button" aria-label="Close" onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      {children}
    </dialog>
  )
}

interface FormDialogProps extends DialogProps {
  /** What the button says. */
  action: string
  kind?: 'primary' | 'danger'
  /** The dialog closes after it. */
  onSubmit: (values: Values) => Promise<unknown>
}

export function FormDialog({ title, action, kind = 'primary', onSubmit, onClose, children }: FormDialogProps) {
  const submit = async (values: Values) => {
    await onSubmit(values)
    onClose()
  }
  return (
    <Dialog title={title} onClose={onClose}>
      <Form onSubmit={submit}>
        {children}
        <footer className="actions">
          <Button onClick={onClose}>Cancel</Button>
          <Submit kind={kind}>{action}</Submit>
        </footer>
      </Form>
    </Dialog>
  )
}
