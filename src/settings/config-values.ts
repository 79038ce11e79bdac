import { isIP } from 'node:net'

/** How the text of one variable is read. Each returns undefined for text that breaks its rule. */

export function parseInteger(text: string, min: number, max: number): number | undefined {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  return value >= min && value <= max ? value : undefined
}

/** Above 0, with or without a fraction or exponent. */
export function parseFactor(text: string): number | undefined {
  const value = /^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN
  return value > 0 && value <= 1e9 ? value : undefined
}

export function parseBoolean(text: string): boolean | undefined {
  if (text === 'true') return true
  return text === 'false' ? false : undefined
}

export function parseHost(text: string): string | undefined {
  return isIP(text) > 0 || /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/i.test(text) ? text : undefined
}

/** Origins as browsers send them (RFC 6454, section 6.2): scheme, host, port unless it is the usual one; no slash. */
export function parseOrigins(text: string): string[] | undefined {
  const origins = splitList(text)
  return origins.every(isOrigin) ? origins : undefined
}

function isOrigin(text: string): boolean {
  return /^https?:\/\/[^*]+$/.test(text) && URL.canParse(text) && new URL(text).origin === text
}

/** Addresses, or blocks in CIDR notation. A block of everything would believe everybody: refused. */
export function parseProxies(text: string): string[] | undefined {
  const proxies = splitList(text)
  return proxies.every(isAddressOrBlock) ? proxies : undefined
}

function isAddressOrBlock(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/')
  const family = isIP(address)
  if (family === 0 || address.includes('%') || rest.length > 0) return false
  return prefix === undefined || parseInteger(prefix, 1, family === 4 ? 32 : 128) !== undefined
}

export interface DatabaseLocation {
  kind: 'sqlite' | 'mysql'
  url: string
}

/** Parameters are refused: none would be obeyed, and one that asks for TLS must not be ignored in silence. */
export function parseDatabaseUrl(text: string): DatabaseLocation | undefined {
  if (text.startsWith('sqlite:')) return parseSqlitePath(text.slice('sqlite:'.length))
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^(mysql|mariadb):\/\//.test(text) || url.hostname === '' || url.search !== '' || url.hash !== '')
    return undefined
  const isNamed = /^\/[^/]+$/.test(url.pathname)
  return isNamed && [url.username, url.password, url.pathname].every(canDecode)
    ? { kind: 'mysql', url: text }
    : undefined
}

function parseSqlitePath(path: string): DatabaseLocation | undefined {
  return path === '' || (path.startsWith(':') && path !== ':memory:') ? undefined : { kind: 'sqlite', url: path }
}

export function parseRedisUrl(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^rediss?:\/\//.test(text) || url.hostname === '' || url.search !== '' || url.hash !== '')
    return undefined
  return /^\/?\d{0,4}$/.test(url.pathname) && [url.username, url.password].every(canDecode) ? text : undefined
}

/** As the rotation understands it: a number with k, m or g. */
export function parseFileSize(text: string): string | undefined {
  return /^[1-9]\d{0,5}[kmg]$/i.test(text) ? text.toLowerCase() : undefined
}

export function parseLogFile(text: string): string | undefined {
  return /^[^<>"|?*:\0]*[^<>"|?*:\0/\\]$/.test(text) ? text : undefined
}

const SAMPLE_WORDS =
  /change.?(me|this|it)|replace.?(me|this|with)|example|sample|placeholder|default|insecure|dummy|password|your.?(secret|key)|(generate|random|secret).{0,3}(key|string|bytes).?(here|goes)/i

/** 32 bytes or more, and neither typed by somebody, nor copied from a page, nor made of few characters. */
export function isStrongSecret(secret: string): boolean {
  return Buffer.byteLength(secret) >= 32 && new Set(secret).size >= 8 && !SAMPLE_WORDS.test(secret)
}

/** What of a server's URL must not be seen: the whole, the password as sent and as written, and where the server is. */
export function secretParts(text: string | undefined): string[] {
  if (text === undefined || !URL.canParse(text)) return []
  const { password, host, hostname } = new URL(text)
  // Hiding a loopback address or a bare name such as `redis` would hide much else in the log.
  const isTelling = hostname.includes('.') && !/^127\./.test(hostname)
  return [
    text,
    password,
    decodeURIComponent(password),
    ...(host === hostname ? [] : [host]),
    ...(isTelling ? [hostname] : []),
  ]
}

function splitList(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}

function canDecode(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}
