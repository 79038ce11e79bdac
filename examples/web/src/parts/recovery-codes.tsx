import { Button } from './button.tsx'
import { CopyButton } from './copy-button.tsx'
import { Dialog } from './dialog.tsx'
import { Note } from './note.tsx'

/** They are shown this once. */
export function RecoveryCodes({ codes, onClose }: { codes: string[]; onClose: () => void }) {
  const text = `${codes.join('\n')}\n`
  return (
    <Dialog title="Keep your recovery codes" onClose={onClose} isFirm>
      <Note kind="warning">
        Without your phone, each of these lets you in once. They are not shown again: print them, or keep them in a
        password manager.
      </Note>
      <ul className="codes">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <footer className="actions">
        <CopyButton text={text} />
        <Button icon="download" onClick={() => download(text, 'gatehouse-recovery-codes.txt')}>
          Download
        </Button>
        <Button kind="primary" onClick={onClose}>
          I have kept them
        </Button>
      </footer>
    </Dialog>
  )
}

function download(text: string, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/plain' }))
  link.download = name
  link.click()
  URL.revokeObjectURL(link.href)
}
