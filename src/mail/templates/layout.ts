import type { MailKind } from '../mail-kinds.ts'
import { COMMON, type Language, TEXTS } from './texts.ts'

export interface MailContent {
  kind: MailKind
  language: Language
  username: string
  /** The name of the sender. */
  service: string
  /** Null for a mail without a link. */
  link: string | null
}

export interface RenderedMail {
  subject: string
  text: string
  html: string
}

/** A mail in both forms. In the text the link stands on a line of its own. */
export function renderMail({ kind, language, username, service, link }: MailContent): RenderedMail {
  const { subject, before, button, after = [] } = TEXTS[kind][language]
  const { greeting, closing } = COMMON[language]
  const opening = [greeting(username), ...before]
  const text = [...opening, ...(link === null ? [] : [link]), ...after, closing(service)].join('\n\n')
  const action = link === null ? '' : buttonOf(link, button ?? subject)
  const body = `${paragraphs(opening)}${action}${paragraphs(after)}<p style="color:#666">${escapeHtml(closing(service))}</p>`
  return { subject, text: `${text}\n`, html: page(language, subject, body) }
}

/** Inline styles, because clients for mail ignore others. */
function page(language: Language, subject: string, body: string): string {
  return `<!doctype html>
<html lang="${language}">
<head><meta charset="utf-8"><title>${escapeHtml(subject)}</title></head>
<body style="font-family:sans-serif;line-height:1.5;color:#222;max-width:36em;margin:2em auto;padding:0 1em">
${body}
</body>
</html>
`
}

function paragraphs(lines: readonly string[]): string {
  return lines.map((line) => `<p>${escapeHtml(line)}</p>\n`).join('')
}

/** With the address in words as well, for those who do not follow buttons. */
function buttonOf(link: string, label: string): string {
  const style = 'display:inline-block;padding:.6em 1.2em;border-radius:.3em;background:#1a56c4;color:#fff'
  return `<p><a href="${escapeHtml(link)}" style="${style}">${escapeHtml(label)}</a></p>
<p style="word-break:break-all">${escapeHtml(link)}</p>
`
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
}
