import { Button } from './button.tsx'
import { CopyButton } from './copy-button.tsx'
import { Dialog } from './dialog.tsx'
import { Note } from './note.tsx'

/** A key that is shown this once. */
export function Secret({ name, secret, onClose }: { name: string; secret: string; onClose: () => void }) {
  return (
    <Dialog title={`The key "${name}"`} onClose={onClose} isFirm>
      <Note kind="warning">
        It is not shown again. Whoever has it acts as you, with the permissions that you chose.
      </Note>
      <code className="secret">{secret}</code>
      <p>
        Programs send it as <code>Authorization: Bearer …</code>
      </p>
      <footer className="actions">
        <CopyButton text={secret} />
        <Button kind="primary" onClick={onClose}>
          I have kept it
        </Button>
      </footer>
    </Dialog>
  )
}
