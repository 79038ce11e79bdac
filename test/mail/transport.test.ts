import { randomUUID } from 'node:crypto'
import { PassThrough } from 'node:stream'
import tls from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { readConfig } from '../../src/config.ts'
import type { MailKind } from '../../src/mail/mail-kinds.ts'
import { createMailTransport, type Mail } from '../../src/mail/mail-transport.ts'
import { createCertificate, isOpensslMissing, MailServer, type Stage } from '../support/mail-server.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'

const hasNoOpenssl = isOpensslMissing('TLS of mail')

function transportTo(
  url: string,
  settings: Record<string, string> = {},
  output = new PassThrough(),
  silenceMs = 20_000,
) {
  const config = readConfig({ NODE_ENV: 'test', SECRET_KEY: 'any', MAIL_URL: url, ...settings }).mail
  const transport = createMailTransport(config, output, silenceMs)
  if (!transport) throw new Error('Mail is off')
  return transport
}

function mailTo(to: string, change: Partial<Mail> = {}): Mail {
  const kind: MailKind = 'verify-email'
  return { id: randomUUID(), kind, to, subject: 'Grüße', text: 'Ä\n', html: '<p>Ä</p>', ...change }
}

const send = (url: string, mail = mailTo('alice@example.com'), settings: Record<string, string> = {}) =>
  transportTo(url, settings).send(mail, new AbortController().signal)

describe('a mail by SMTP', () => {
  let server: MailServer

  beforeAll(async () => {
    server = await MailServer.start()
  })
  afterEach(() => server.pass())
  afterAll(() => server.stop())

  it('arrives with its kind, both parts, and a Message-ID made from its row', async () => {
    const mail = mailTo('kinds@example.com')
    expect(await send(server.url, mail, { MAIL_FROM: '"Ä, B" <a@b.example>' })).toEqual({ result: 'sent' })
    const [received] = server.to('kinds@example.com')
    expect(received).toMatchObject({ kind: 'verify-email', subject: 'Grüße', text: 'Ä\n', html: '<p>Ä</p>' })
    expect(received).toMatchObject({ messageId: `<${mail.id}@b.example>`, to: 'kinds@example.com', isSecure: false })
    expect(received?.headers.get('auto-submitted')).toBe('auto-generated')
  })

  it('has one recipient and one line for each header, whatever its texts hold', async () => {
    const address = "o'neil+{x}|~!#$%&*/=?^`@example.com"
    const texts = { subject: 'one\r\nBcc: victim@example.com', html: '\u202e', text: 'ü\r\n.\r\nRCPT TO:<b@c>\n' }
    expect(await send(server.url, mailTo(address, texts))).toEqual({ result: 'sent' })
    const [received, ...others] = server.to(address)
    expect(others).toEqual([])
    expect(received).toMatchObject({ recipients: [address], subject: 'one Bcc: victim@example.com', to: address })
    expect(received?.headers.has('bcc')).toBe(false)
    expect(received?.text).toContain('\n.\nRCPT TO:<b@c>')
  })

  // The rules of accounts let none of these in.
  it.each([
    'a,b@example.com',
    '<victim@example.com>',
    'a@example.com, victim@example.com',
    'a@example.com\r\nBcc: victim@example.com',
    '"a, victim@example.com" <b@example.com>',
    'ü@example.com',
    '\u202evictim@example.com',
  ])('never goes to %j', async (address) => {
    const before = server.mails.length
    expect(await send(server.url, mailTo(address))).toEqual({ result: 'failed', fault: 'address' })
    expect(server.mails).toHaveLength(before)
  })

  it.each<[Stage, number, 'again' | 'failed']>([
    ['greeting', 421, 'again'],
    ['greeting', 554, 'again'],
    ['mail', 451, 'again'],
    ['mail', 550, 'failed'],
    ['rcpt', 450, 'again'],
    ['rcpt', 550, 'failed'],
    ['data', 452, 'again'],
    ['data', 554, 'failed'],
  ])('refused at %s with %i is %s', async (stage, code, result) => {
    server.failAt(stage, code)
    const delivered = await send(server.url)
    expect(delivered).toMatchObject({ result })
    expect(JSON.stringify(delivered)).not.toMatch(/example|test says/)
  })

  it.each<Stage>(['greeting', 'mail', 'rcpt', 'data'])(
    'whose server falls silent at %s is tried again',
    async (stage) => {
      server.failAt(stage, 'silence')
      const transport = transportTo(server.url, {}, new PassThrough(), 300)
      const delivered = await transport.send(mailTo('alice@example.com'), new AbortController().signal)
      expect(delivered).toMatchObject({ result: 'again', fault: expect.stringContaining('ETIMEDOUT') })
    },
  )

  it('is tried again where the connection is refused, or cut amid its data', async () => {
    const proxy = await TcpProxy.start(server.port)
    const cut = proxy.resetAt('X-Gatehouse-Mail', false)
    expect(await send(proxy.through(server.url), mailTo('cut@example.com'))).toMatchObject({ result: 'again' })
    await cut
    await proxy.refuse()
    expect(await send(proxy.through(server.url), mailTo('cut@example.com'))).toMatchObject({ result: 'again' })
    await proxy.pass()
    expect(await send(proxy.through(server.url), mailTo('cut@example.com'))).toEqual({ result: 'sent' })
    expect(server.to('cut@example.com')).toHaveLength(1)
    await proxy.close()
  })

  it('is given up at once when the service stops', async () => {
    server.failAt('data', 'silence')
    const stop = new AbortController()
    const sending = transportTo(server.url).send(mailTo('alice@example.com'), stop.signal)
    stop.abort()
    expect(await sending).toMatchObject({ result: 'again' })
  })
})

describe('a server that asks who sends', () => {
  let server: MailServer

  beforeAll(async () => {
    server = await MailServer.start({ auth: { user: 'a@b', password: 'p/w:1' } })
  })
  afterAll(() => server.stop())

  const as = (credentials: string) => server.url.replace('://', `://${credentials}@`)

  it('gets the credentials of MAIL_URL, percent-decoded', async () => {
    expect(await send(as('a%40b:p%2Fw%3A1'))).toEqual({ result: 'sent' })
    expect(server.mails.at(-1)).toMatchObject({ user: 'a@b' })
  })

  it('is asked again later where it refuses them: the operator mends it', async () => {
    expect(await send(as('a%40b:wrong'))).toMatchObject({ result: 'again', fault: expect.stringContaining('AUTH') })
    server.failAt('auth', 454)
    expect(await send(as('a%40b:p%2Fw%3A1'))).toMatchObject({ result: 'again' })
    server.pass()
  })
})

describe.skipIf(hasNoOpenssl)('TLS', () => {
  let starttls: MailServer
  let smtps: MailServer
  const authorities = tls.getCACertificates()
  const certificate = hasNoOpenssl ? { key: '', cert: '' } : createCertificate()

  beforeAll(async () => {
    starttls = await MailServer.start({ certificate })
    smtps = await MailServer.start({ certificate, secure: true })
  })
  afterEach(() => tls.setDefaultCACertificates(authorities))
  afterAll(() => Promise.all([starttls.stop(), smtps.stop()]))

  it('is used where STARTTLS is offered, and from the start with smtps', async () => {
    tls.setDefaultCACertificates([...authorities, certificate.cert])
    for (const server of [starttls, smtps]) {
      expect(await send(server.url)).toEqual({ result: 'sent' })
      expect(server.mails.at(-1)).toMatchObject({ isSecure: true })
    }
  })

  it('is refused with a certificate that nobody has signed: no mail goes out, in the clear neither', async () => {
    for (const server of [starttls, smtps]) {
      const before = server.mails.length
      expect(await send(server.url)).toMatchObject({ result: 'again' })
      expect(server.mails).toHaveLength(before)
    }
  })
})

it('a mail to log: is text, with its link on a line of its own', async () => {
  const output = new PassThrough()
  const mail = mailTo('alice@example.com', { text: 'Hello\n\nhttp://localhost:5173/x#token=1\n' })
  await transportTo('log:', {}, output).send(mail, new AbortController().signal)
  const lines = String(output.read()).split('\n')
  expect(lines).toEqual(expect.arrayContaining(['--- Mail: verify-email', 'To: alice@example.com']))
  expect(lines).toContain('http://localhost:5173/x#token=1')
})

it('there is no transport with mail off', () => {
  expect(() => transportTo('off')).toThrow('Mail is off')
})
