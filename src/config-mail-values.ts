import type { z } from 'zod'
import { boolean, isServerUrl, text } from './config-values.ts'

/** The variables of mail. @param url MAIL_URL as given; the others depend on it */
export function mailVariables(production: boolean, url = production ? 'off' : 'log:') {
  const hasMail = url !== 'off'
  const isRequired = production && hasMail
  return {
    MAIL_URL: mailUrl(production).default({ kind: production ? 'off' : 'log' }),
    MAIL_FROM: required(isRequired, mailbox(), { name: 'Gatehouse', address: 'no-reply@localhost' }),
    APP_URL: required(isRequired, appUrl(production), 'http://localhost:5173'),
    REQUIRE_VERIFIED_EMAIL: onlyWithMail(hasMail).default(false),
  }
}

/** `off`, `log:`, or a server with its port and credentials, percent-decoded. */
function mailUrl(production: boolean) {
  const rule = production
    ? 'must be smtp://user:password@host:port, smtps://… without path and parameters, or off; log: is refused in production'
    : 'must be smtp://user:password@host:port, smtps://… without path and parameters, log: or off'
  return text(rule, (value) => {
    if (value === 'off') return true
    return value === 'log:' ? !production : isServerUrl(value, /^smtps?:$/, /^\/?$/)
  }).transform(readMailUrl)
}

function readMailUrl(value: string) {
  if (value === 'off') return { kind: 'off' as const }
  if (value === 'log:') return { kind: 'log' as const }
  const { protocol, hostname, port, username, password } = new URL(value)
  return {
    kind: 'smtp' as const,
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    /** Undefined: 587, or 465 with TLS from the start. */
    port: port === '' ? undefined : Number(port),
    /** TLS from the start; otherwise by STARTTLS where it is offered. */
    secure: protocol === 'smtps:',
    user: username === '' ? undefined : decodeURIComponent(username),
    password: password === '' ? undefined : decodeURIComponent(password),
    url: value,
  }
}

/** One mailbox, `name <address>` or an address alone. The name may stand in quotes. */
function mailbox() {
  const rule = 'must be one address, or a name with one: Accounts <accounts@example.com>'
  return text(rule, (value) => MAILBOX.test(value) && value.length <= 320).transform((value) => {
    const { name = '', quoted = '', address = '', bare = '' } = MAILBOX.exec(value)?.groups ?? {}
    return { name: (quoted || name).trim(), address: address || bare }
  })
}

const ADDRESS = "[\\w.!#$%&'*+/=?^`{|}~-]{1,64}@[a-zA-Z0-9](?:[a-zA-Z0-9.-]{0,251}[a-zA-Z0-9])?"
const MAILBOX = new RegExp(
  `^(?:(?:"(?<quoted>[^"<>\\\\\\p{Cc}]+)"|(?<name>[^"<>,;:@\\\\\\p{Cc}]*))\\s*<(?<address>${ADDRESS})>|(?<bare>${ADDRESS}))$`,
  'u',
)

/** Where the links of mails lead: a path is allowed. Without the slash at its end. */
function appUrl(production: boolean) {
  const scheme = production ? 'https, or http on localhost,' : 'http or https'
  const rule = `must be an address with ${scheme} without parameters, such as https://app.example.com`
  return text(rule, (value) => isAppUrl(value, production)).transform((value) => value.replace(/\/+$/, ''))
}

function isAppUrl(value: string, production: boolean): boolean {
  const url = URL.parse(value)
  if (!url || !/^https?:\/\/[^\s]+$/.test(value) || /[?#\\]/.test(value) || url.username + url.password !== '')
    return false
  return url.protocol === 'https:' || !production || isLoopback(url.hostname)
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}

/** `true` is refused without mail. */
function onlyWithMail(hasMail: boolean) {
  return boolean().refine((isOn) => !isOn || hasMail, 'needs mail, and MAIL_URL is off')
}

/** With a default, unless it is required. */
function required<Schema extends z.ZodType<unknown, unknown>>(
  isRequired: boolean,
  schema: Schema,
  byDefault: z.output<Schema>,
): z.ZodType<z.output<Schema>, z.input<Schema> | undefined> {
  // A missing value is no string, which every schema of a text refuses.
  return (isRequired ? schema : schema.default(byDefault as never)) as never
}
