import { createTransport } from 'nodemailer'
import type { MailConfig } from '../config.ts'
import type { Delivered } from '../outbox/delivery.ts'
import { checkEmail } from '../users/identity.ts'
import type { MailKind } from './mail-kinds.ts'
import type { RenderedMail } from './templates/layout.ts'

/** A mail that is ready to be sent. */
export interface Mail extends RenderedMail {
  /** The row that it comes from. */
  id: string
  kind: MailKind
  to: string
}

export interface MailTransport {
  send(mail: Mail, signal: AbortSignal): Promise<Delivered>
  /** Connects and signs in. The fault in codes, null without one. */
  check(): Promise<string | null>
}

/** The longest silence of the server: while connecting, before the greeting, and after a command. */
const SILENCE_MS = 20_000

/** The commands whose refusal with 5xx is about this mail. To the greeting or AUTH it is about us, and is mended. */
const ABOUT_THE_MAIL = ['MAIL FROM', 'RCPT TO', 'DATA']

/** What nodemailer's errors say of a conversation: the last command, and the server's code. */
interface SmtpFault {
  code?: string
  command?: string
  responseCode?: number
}

/** Undefined where mail is off. @param output where `log:` writes mails, as text */
export function createMailTransport(
  config: MailConfig,
  output: NodeJS.WritableStream,
  silenceMs = SILENCE_MS,
): MailTransport | undefined {
  const { from, transport } = config
  if (transport.kind === 'off') return undefined
  return transport.kind === 'log' ? createLogTransport(from, output) : createSmtpTransport(from, transport, silenceMs)
}

function createSmtpTransport(from: MailConfig['from'], server: SmtpServer, silenceMs: number): MailTransport {
  const transporter = createTransport({
    host: server.host,
    port: server.port,
    secure: server.secure,
    ...(server.user !== undefined && { auth: { user: server.user, pass: server.password ?? '' } }),
    connectionTimeout: silenceMs,
    greetingTimeout: silenceMs,
    socketTimeout: silenceMs,
    dnsTimeout: silenceMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return {
    async send({ id, kind, to, subject, text, html }, signal) {
      // nodemailer reads a comma in an address as a second one. No account has such an address, and none must matter.
      if (checkEmail(to).length > 0) return { result: 'failed', fault: 'address' }
      try {
        await transporter.sendMail({
          // Objects, so that nothing in a name or an address is read as another recipient. nodemailer writes to them.
          from: { ...from },
          to: { name: '', address: to },
          envelope: { from: from.address, to: [to] },
          messageId: messageIdOf(id, from.address),
          // RFC 3834: no automatic answers, please.
          headers: { 'X-Gatehouse-Mail': kind, 'Auto-Submitted': 'auto-generated' },
          subject,
          text,
          html,
          signal,
        })
        return { result: 'sent' }
      } catch (error) {
        return readFault(error as SmtpFault)
      }
    },
    async check() {
      try {
        await transporter.verify()
        return null
      } catch (error) {
        return faultOf(error as SmtpFault)
      } finally {
        transporter.close()
      }
    },
  }
}

type SmtpServer = Extract<MailConfig['transport'], { kind: 'smtp' }>

/** From the row's id, so that a mail sent twice is known as one. */
function messageIdOf(id: string, from: string): string {
  return `<${id}@${from.slice(from.lastIndexOf('@') + 1)}>`
}

function readFault(fault: SmtpFault): Delivered {
  const { command = '', responseCode } = fault
  const isFinal = responseCode !== undefined && responseCode >= 500 && ABOUT_THE_MAIL.includes(command)
  return { result: isFinal ? 'failed' : 'again', fault: faultOf(fault) }
}

/** The command and the codes alone: the server's text may repeat an address. */
function faultOf({ code = 'unknown', command = '', responseCode }: SmtpFault): string {
  return [command, responseCode ?? code].join(' ').trim().slice(0, 64)
}

/** For development: never through the logger, because logs are stored and widely read, and links are secrets. */
function createLogTransport(from: MailConfig['from'], output: NodeJS.WritableStream): MailTransport {
  return {
    async send({ kind, to, subject, text }) {
      const sender = from.name === '' ? from.address : `${from.name} <${from.address}>`
      output.write(`\n--- Mail: ${kind}\nFrom: ${sender}\nTo: ${to}\nSubject: ${subject}\n\n${text}---\n\n`)
      return { result: 'sent' }
    },
    check: async () => null,
  }
}
