import { compile } from '@fastify/proxy-addr'
import type { FastifyInstance, FastifyRequest } from 'fastify'

/** Of these Fastify takes the last entry, which the nearest proxy wrote. */
const PARTS_OF_URL = ['x-forwarded-proto', 'x-forwarded-host', 'x-forwarded-port'] as const

const BRACKETED = /^\[([^[\]]*)\](?::\d+)?$/
const IPV4_WITH_PORT = /^(\d+(?:\.\d+){3}):\d+$/

/**
 * Prepares the X-Forwarded-* headers for Fastify, which reads them of trusted proxies only: addresses without ports and
 * brackets, and of every other chain the entry that belongs to the client. Add this before any hook that reads them.
 */
export function addForwardedHeaders(app: FastifyInstance, trustedProxies: readonly string[]): void {
  const isTrusted = compile([...trustedProxies])
  app.addHook('onRequest', async (request) => {
    const { headers, raw } = request
    if (isTrusted(raw.socket.remoteAddress ?? '', 0)) return readChains(request)
    for (const name of PARTS_OF_URL) delete headers[name]
  })
}

function readChains(request: FastifyRequest): void {
  const { headers } = request
  const addresses = entriesOf(headers['x-forwarded-for']).map(bareAddress)
  if (addresses.length > 0) headers['x-forwarded-for'] = addresses.join(', ')
  const trustedHops = (request.ips?.length ?? 1) - 1
  for (const name of PARTS_OF_URL) {
    const entries = entriesOf(headers[name])
    // A proxy that replaces a chain instead of adding to it makes it shorter than the addresses.
    const position = Math.max(0, Math.min(entries.length, addresses.length) - trustedHops)
    if (entries.length > 0) headers[name] = entries[position]
  }
  const protocol = headers['x-forwarded-proto']
  if (typeof protocol === 'string') headers['x-forwarded-proto'] = /^https$/i.test(protocol) ? 'https' : 'http'
}

function bareAddress(entry: string): string {
  return BRACKETED.exec(entry)?.[1] ?? IPV4_WITH_PORT.exec(entry)?.[1] ?? entry
}

function entriesOf(header: string | string[] | undefined): string[] {
  const entries = String(header ?? '').split(',')
  return entries.map((entry) => entry.trim()).filter((entry) => entry !== '')
}
