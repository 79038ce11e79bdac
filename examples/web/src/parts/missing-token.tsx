import { Link } from 'wouter'
import { Entrance } from './entrance.tsx'
import { Note } from './note.tsx'

/** Of a page of a mail that was opened without its link, or reloaded. */
export function MissingToken() {
  return (
    <Entrance title="Open the link once more" footer={<Link href="/">Go to your account</Link>}>
      <Note kind="info">This page belongs to a link in a mail. Open that link again.</Note>
    </Entrance>
  )
}
