import { type ReactNode, useEffect, useId, useRef } from 'react'
import { Button } from './button.tsx'
import { Form, Submit, type Values } from './form.tsx'
import { Icon } from './icon.tsx'

interface DialogProps {
  title: string
  onClose: () => void
  children: ReactNode
}

/** The browser keeps the focus inside, and gives it back. */
export function Dialog({ title, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const { current } = dialog
    current?.showModal()
    return () => current?.close()
  }, [])
  return (
    <dialog ref={dialog} aria-labelledby={id} onCancel={onClose}>
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
