import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ParsedMail, simpleParser } from 'mailparser'
import { SMTPServer } from 'smtp-server'

export interface ReceivedMail extends Pick<ParsedMail, 'subject' | 'messageId'> {
  /** X-Gatehouse-Mail. */
  kind: string
  /** Of the envelope. */
  recipients: string[]
  /** The headers From and To as text. */
  from: string
  to: string
  text: string
  html: string
  /** The line of the text that is an address; null without one. */
  link: string | null
  /** Behind `#token=` of the link. */
  token: string | null
  headers: ParsedMail['headers']
  /** Over TLS. */
  isSecure: boolean
  /** Who has signed in. */
  user: string | undefined
}

/** `data` is the answer to the whole message. */
export type Stage = 'greeting' | 'auth' | 'mail' | 'rcpt' | 'data'

export interface MailServerOptions {
  /** STARTTLS, or with `secure` TLS from the start, with this certificate. */
  certificate?: Certificate
  secure?: boolean
  /** Credentials without which it takes no mail. */
  auth?: { user: string; password: string }
}

type Answer = (error?: Error | null) => void

/** A real SMTP server that keeps what it gets, and fails as it is told. */
export class MailServer {
  readonly mails: ReceivedMail[] = []
  readonly port: number
  private readonly faults = new Map<Stage, number | 'silence'>()
  private readonly options: MailServerOptions
  private server: SMTPServer

  private constructor(server: SMTPServer, port: number, options: MailServerOptions) {
    this.server = server
    this.port = port
    this.options = options
  }

  static async start(options: MailServerOptions = {}): Promise<MailServer> {
    let server: MailServer | undefined
    const smtp = createSmtp(options, () => server as MailServer)
    const listener = smtp.listen(0, '127.0.0.1')
    await once(listener, 'listening')
    server = new MailServer(smtp, (listener.address() as AddressInfo).port, options)
    return server
  }

  get url(): string {
    return `${this.options.secure ? 'smtps' : 'smtp'}://127.0.0.1:${this.port}`
  }

  /** Answers with this code at a stage, or not at all. */
  failAt(stage: Stage, fault: number | 'silence'): void {
    this.faults.set(stage, fault)
  }

  /** Ends all faults. */
  pass(): void {
    this.faults.clear()
  }

  /** The mails to an address, in their order. */
  to(address: string): ReceivedMail[] {
    return this.mails.filter(({ recipients }) => recipients.includes(address))
  }

  /** Waits for a mail to an address. @param kind left out: of any kind */
  async next(address: string, kind?: string, waitMs = 10_000): Promise<ReceivedMail> {
    for (const deadline = Date.now() + waitMs; Date.now() < deadline; ) {
      const found = this.to(address).find((mail) => kind === undefined || mail.kind === kind)
      if (found) return found
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    throw new Error(`No mail${kind ? ` ${kind}` : ''} to ${address}`)
  }

  /** Waits for a number of mails of a kind to an address. */
  async all(address: string, kind: string, count: number, waitMs = 10_000): Promise<ReceivedMail[]> {
    for (const deadline = Date.now() + waitMs; Date.now() < deadline; ) {
      const found = this.to(address).filter((mail) => mail.kind === kind)
      if (found.length >= count) return found
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    throw new Error(`Not ${count} mails ${kind} to ${address}`)
  }

  /** Refuses connections. */
  async stop(): Promise<void> {
    await new Promise<void>((resolve) => this.server.close(() => resolve()))
  }

  /** On the same port. */
  async restart(): Promise<void> {
    this.server = createSmtp(this.options, () => this)
    await once(this.server.listen(this.port, '127.0.0.1'), 'listening')
  }

  /** Called at each stage: answers as it is told to. */
  reach(stage: Stage, answer: Answer): void {
    const fault = this.faults.get(stage)
    if (fault === 'silence') return
    answer(fault === undefined ? null : Object.assign(new Error('as the test says'), { responseCode: fault }))
  }
}

function createSmtp({ certificate, secure = false, auth }: MailServerOptions, owner: () => MailServer): SMTPServer {
  const server = new SMTPServer({
    ...certificate,
    secure,
    authOptional: auth === undefined,
    allowInsecureAuth: true,
    hideSTARTTLS: certificate === undefined,
    disableReverseLookup: true,
    closeTimeout: 10,
    onConnect: (_session, answer) => owner().reach('greeting', answer),
    onAuth: ({ username, password }, _session, answer) => {
      const isRight = auth !== undefined && username === auth.user && password === auth.password
      owner().reach('auth', (error) => {
        if (error) answer(error)
        else answer(isRight ? null : new Error('Not you'), isRight ? { user: username } : undefined)
      })
    },
    onMailFrom: (_address, _session, answer) => owner().reach('mail', answer),
    onRcptTo: (_address, _session, answer) => owner().reach('rcpt', answer),
    onData: (stream, { envelope, secure: isSecure, user }, answer) => {
      void simpleParser(stream).then((parsed) => {
        const recipients = envelope.rcptTo.map(({ address }) => address)
        owner().reach('data', (error) => {
          if (!error) owner().mails.push(toMail(parsed, recipients, isSecure, user))
          answer(error)
        })
      }, answer)
    },
  })
  // Connections that a test has cut; without a listener they would end the process.
  server.on('error', () => undefined)
  return server
}

function toMail(parsed: ParsedMail, recipients: string[], isSecure: boolean, user: string | undefined): ReceivedMail {
  const text = parsed.text ?? ''
  const link = text.split('\n').find((line) => /^https?:\/\/\S+$/.test(line)) ?? null
  const { subject, messageId, headers } = parsed
  return {
    kind: String(headers.get('x-gatehouse-mail')),
    recipients,
    from: parsed.from?.text ?? '',
    to: [parsed.to ?? []]
      .flat()
      .map((address) => address.text)
      .join(),
    subject,
    text,
    html: parsed.html || '',
    link,
    token: link?.split('#token=')[1] ?? null,
    messageId,
    headers,
    isSecure,
    user,
  }
}

export interface Certificate {
  key: string
  cert: string
}

/** For `describe.skipIf`. With CI set, a missing `openssl` fails the suite instead. */
export function isOpensslMissing(suite: string): boolean {
  if (spawnSync('openssl', ['version']).status === 0) return false
  if (process.env.CI) throw new Error('openssl is not installed')
  console.warn(`Not run, because openssl is not installed: ${suite}`)
  return true
}

/** A new certificate for 127.0.0.1, signed by itself. Needs `openssl`. */
export function createCertificate(): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-certificate-'))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1']
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  execFileSync('openssl', ['req', '-x509', ...kind, ...subject, '-keyout', key, '-out', cert], { stdio: 'ignore' })
  const certificate = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
  rmSync(folder, { recursive: true })
  return certificate
}
