import { isIP } from 'node:net'
import type { FastifyRequest } from 'fastify'

/**
 * The client's address in one spelling: IPv4 as it is, IPv6 compressed and without a zone. With TRUSTED_PROXIES the
 * last address that no trusted proxy added. Where that is no address, the proxy that passed it on counts: invented text in
 * X-Forwarded-For gives no client a fresh rate limit.
 */
export function clientAddress(request: FastifyRequest): string {
  const hops = request.ips ?? [request.ip]
  const address = hops.map(normalise).findLast((candidate) => candidate !== null)
  return address ?? '0.0.0.0'
}

function normalise(address: string | undefined): string | null {
  const bare = (address ?? '').replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/i, '')
  const version = isIP(bare)
  if (version !== 6) return version === 4 ? bare : null
  return new URL(`http://[${bare}]`).hostname.slice(1, -1)
}
