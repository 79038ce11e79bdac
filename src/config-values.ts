import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { z } from 'zod'

/** Schemas for the text of one variable. A refusal tells only the rule, because the value may be a secret. */

export function integer(min: number, max: number) {
  const rule = `must be a whole number from ${min} to ${max}`
  const digits = z.string(rule).regex(/^\d{1,15}$/, rule)
  return digits.transform(Number).pipe(z.number(rule).min(min, rule).max(max, rule))
}

/** Above 0, with or without a fraction or exponent. */
export function factor(max: number) {
  const rule = `must be a number above 0, at most ${max}`
  const decimal = z.string(rule).regex(/^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i, rule)
  return decimal.transform(Number).pipe(z.number(rule).gt(0, rule).max(max, rule))
}

export function boolean() {
  return z.stringbool({ truthy: ['true'], falsy: ['false'], case: 'sensitive', error: 'must be true or false' })
}

export function oneOf<const Values extends readonly string[]>(values: Values) {
  return z.enum(values, `must be one of ${values.join(', ')}`)
}

/** The issuer or audience of tokens. */
export function tokenName() {
  return text('must have 1 to 255 visible ASCII characters without spaces', (value) =>
    /^[\x21-\x7e]{1,255}$/.test(value),
  )
}

export function hostName() {
  const name = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/i
  return text('must be an address or a host name', (value) => isIP(value) > 0 || name.test(value))
}

/** Origins as browsers send them (RFC 6454 section 6.2): scheme, host, port unless it is the default, no slash. */
export function origins() {
  return list(
    "must be exact origins such as https://app.example.com or capacitor://localhost, separated by commas; '*' is refused",
    isOrigin,
  )
}

/** Web views and browser extensions have schemes of their own, for which URL.origin is 'null'. */
function isOrigin(item: string): boolean {
  const url = URL.parse(item)
  return url !== null && url.host !== '' && !item.includes('*') && `${url.protocol}//${url.host}` === item
}

export function proxies() {
  return list('must be addresses or CIDR blocks, separated by commas', isAddressOrBlock)
}

/** A prefix of 0 would trust every client, so the least is 1. */
function isAddressOrBlock(item: string): boolean {
  const [address = '', prefix, ...rest] = item.split('/')
  const family = isIP(address)
  if (family === 0 || address.includes('%') || rest.length > 0) return false
  return prefix === undefined || integer(1, family === 4 ? 32 : 128).safeParse(prefix).success
}

/** URL parameters are refused: none is supported, and one that asks for TLS must not be silently ignored. */
export function databaseUrl() {
  return text(
    'must be mysql://user:password@host:port/name or mariadb://… without parameters, sqlite:PATH or sqlite::memory:',
    (value) => /^sqlite:(:memory:$|[^:])/.test(value) || isServerUrl(value, /^(mysql|mariadb):$/, /^\/[^/]+$/),
  ).transform((value) =>
    value.startsWith('sqlite:')
      ? { kind: 'sqlite' as const, url: value.slice('sqlite:'.length) }
      : { kind: 'mysql' as const, url: value },
  )
}

export function redisUrl() {
  return text('must be redis://host:port or rediss://host:port, without parameters', (value) =>
    isServerUrl(value, /^rediss?:$/, /^\/?\d{0,4}$/),
  )
}

export function httpUrl() {
  return text('must be an address with http or https, such as http://localhost:4318', (value) =>
    /^https?:$/.test(URL.parse(value)?.protocol ?? ''),
  )
}

/** A server's address in which everything can be decoded, without parameters. */
export function isServerUrl(value: string, protocol: RegExp, path: RegExp): boolean {
  if (!/^[a-z]+:\/\//.test(value) || !URL.canParse(value)) return false
  const url = new URL(value)
  if (!protocol.test(url.protocol) || url.hostname === '' || url.search !== '' || url.hash !== '') return false
  return path.test(url.pathname) && [url.username, url.password, url.pathname].every(canDecode)
}

function canDecode(encoded: string): boolean {
  try {
    decodeURIComponent(encoded)
    return true
  } catch {
    return false
  }
}

/** As pino-roll reads it: a number with k, m or g. */
export function fileSize() {
  return text('must be a number with k, m or g, such as 10m', (value) =>
    /^[1-9]\d{0,5}[kmg]$/i.test(value),
  ).toLowerCase()
}

export function filePath() {
  return text('must be the path of a file, without any of < > " | ? * :', (value) =>
    /^[^<>"|?*:\0]*[^<>"|?*:\0/\\]$/.test(value),
  )
}

const SAMPLE_WORDS =
  /change.?(me|this|it)|replace.?(me|this|with)|example|sample|placeholder|default|insecure|dummy|password|your.?(secret|key)|(generate|random|secret).{0,3}(key|string|bytes).?(here|goes)/i

/** The certificates of a file in PEM, without the text between them. */
export function certificates() {
  return z.string().transform((path, context) => {
    try {
      const found = readFileSync(path, 'utf8').match(CERTIFICATE) ?? []
      for (const certificate of found) new X509Certificate(certificate)
      if (found.length > 0) return found.join('\n')
    } catch {
      // Neither path nor text are told, as of any other value.
    }
    context.addIssue('must be the path of a readable file with certificates in PEM')
    return z.NEVER
  })
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

interface TlsSettings {
  DATABASE_TLS: string
  DATABASE_CA_FILE?: string | undefined
  DATABASE_URL: { kind: string }
}

/** Checked whatever else is wrong, so that all faults are reported together. Values may be of any type then. */
export function withTlsRules<Schema extends z.ZodType<TlsSettings>>(settings: Schema): Schema {
  const when = () => true
  return settings
    .refine(
      ({ DATABASE_TLS, DATABASE_URL }) => !/^(on|verify)$/.test(DATABASE_TLS) || DATABASE_URL?.kind !== 'sqlite',
      {
        path: ['DATABASE_TLS'],
        error: 'must be off with SQLite',
        when,
      },
    )
    .refine(
      ({ DATABASE_TLS, DATABASE_CA_FILE }) => !/^(off|on)$/.test(DATABASE_TLS) || DATABASE_CA_FILE === undefined,
      {
        path: ['DATABASE_CA_FILE'],
        error: 'is read with DATABASE_TLS=verify alone',
        when,
      },
    )
}

/** In production: 32 bytes or more, of at least 8 different characters, and no sample from a manual. */
export function secret(production: boolean) {
  if (!production) return z.string()
  return z
    .string('is required in production')
    .refine(isStrongSecret, 'must be random, 32 bytes or more, no sample, in production: openssl rand -base64 48')
}

function isStrongSecret(value: string): boolean {
  return Buffer.byteLength(value) >= 32 && new Set(value).size >= 8 && !SAMPLE_WORDS.test(value)
}

export function text(rule: string, isValid: (value: string) => boolean) {
  return z.string(rule).refine(isValid, rule)
}

function list(rule: string, isValid: (item: string) => boolean) {
  const items = z.string(rule).transform((value) => value.split(',').map((item) => item.trim()))
  return items.transform((all) => all.filter((item) => item !== '')).refine((all) => all.every(isValid), rule)
}

/** The parts of a server's URL that no log may show: the URL, the password encoded and decoded, and the address. */
export function secretParts(url: string | undefined): string[] {
  if (url === undefined) return []
  const { password, host, hostname } = new URL(url)
  const address = hostname.replace(/^\[(.*)\]$/, '$1')
  // Hiding a loopback address or a bare name such as `redis` would hide unrelated text.
  const isTelling = /[.:]/.test(address) && !/^127\.|^::1$/.test(address)
  const addresses = [...(host === hostname ? [] : [host]), ...(isTelling ? [address] : [])]
  return [url, password, decodeURIComponent(password), ...addresses]
}
