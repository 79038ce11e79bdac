import type { FastifyRequest } from 'fastify'

/** Headers are up to 16 KB long, and messages short. */
const SHOWN_LENGTH = 100
const SHOWN_ORIGINS = 5

const NO_ORIGIN =
  'Neither an Origin nor "Sec-Fetch-Site: same-origin" came, which browsers send with cookies. A program that is no browser signs in with transport BODY.'
const NO_ORIGIN_FROM = (site: string) =>
  `No Origin came, and "Sec-Fetch-Site: ${shown(site)}" in place of same-origin, so the page is of another origin. Its request needs an Origin that is allowed.`

/** Why a request does not come from an allowed origin: what came and what would be allowed. Null where it does. */
export function originFault(request: FastifyRequest, corsOrigins: readonly string[]): string | null {
  // Scripts cannot set Sec-Fetch-*, so this holds behind a proxy that rewrites Host too.
  const { origin, 'sec-fetch-site': site } = request.headers
  if (site === 'same-origin') return null
  if (!origin) return typeof site === 'string' ? NO_ORIGIN_FROM(site) : NO_ORIGIN
  const own = ownOrigins(request)
  if (corsOrigins.includes(origin) || own.includes(origin)) return null
  const allowed = corsOrigins.length === 0 ? 'no other' : `CORS_ORIGINS, ${listed(corsOrigins)}`
  return `The Origin ${shown(origin)} is not allowed. Allowed are the scheme and host that the request arrived with, ${listed(own)}, and ${allowed}. Where a proxy changes scheme or host, name it in TRUSTED_PROXIES.`
}

/**
 * The scheme and host of the request, and with the port that a proxy dropped from the Host. X-Forwarded-Port does not
 * replace the former, because inner proxies write their own port there.
 */
function ownOrigins({ protocol, host, headers }: FastifyRequest): string[] {
  const own = URL.parse(`${protocol}://${host}`)
  if (!own) return []
  const port = headers['x-forwarded-port']
  const isPortDropped = own.port === '' && typeof port === 'string' && /^\d{1,5}$/.test(port)
  const withPort = isPortDropped ? URL.parse(`${own.origin}:${port}`) : null
  return [own.origin, ...(withPort ? [withPort.origin] : [])]
}

function listed(origins: readonly string[]): string {
  const left = origins.length - SHOWN_ORIGINS
  return origins.slice(0, SHOWN_ORIGINS).map(shown).join(' ') + (left > 0 ? ` and ${left} more` : '')
}

/** The characters of an origin alone, because a request may hold any. */
function shown(origin: string): string {
  const text = origin.replace(/[^\w.:/[\]+-]/g, '?')
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text
}
