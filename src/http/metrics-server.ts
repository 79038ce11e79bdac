import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { JSON_TYPE } from '../graphql/media-types.ts'
import { errorBody } from './http-errors.ts'

/**
 * Serves Prometheus text at /metrics, on a port of its own so that no proxy publishes it by accident.
 * @throws NodeJS.ErrnoException EADDRINUSE where the port is taken
 */
export async function startMetricsServer(host: string, port: number, metrics: () => Promise<string>): Promise<Server> {
  const server = createServer(async (request, response) => {
    response.setHeader('x-content-type-options', 'nosniff').setHeader('cache-control', 'no-store')
    const isScrape = request.method === 'GET' && /^\/metrics(\?|$)/.test(request.url ?? '')
    const text = isScrape ? await metrics().catch(() => null) : undefined
    if (typeof text === 'string') {
      response.setHeader('content-type', 'text/plain; version=0.0.4; charset=utf-8').end(text)
      return
    }
    const status = text === null ? 500 : 404
    response.writeHead(status, { 'content-type': JSON_TYPE }).end(errorBody(status))
  })
  server.listen(port, host)
  await once(server, 'listening')
  return server
}

/** `http://host:port` for a client on this machine. */
export function urlOf(server: Pick<Server, 'address'>): string {
  const { address, family, port } = server.address() as AddressInfo
  const isEverywhere = address === '0.0.0.0' || address === '::'
  const host = isEverywhere ? 'localhost' : address
  return `http://${family === 'IPv6' && !isEverywhere ? `[${host}]` : host}:${port}`
}
