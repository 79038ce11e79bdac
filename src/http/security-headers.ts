import { Socket } from 'node:net'
import helmet from 'helmet'
import { IncomingMessage, ServerResponse } from './node-http.ts'

export type HeaderTable = Readonly<Record<string, string>>

const ONE_YEAR_SECONDS = 31_536_000

/**
 * The headers that every answer carries, also those that no framework writes (broken HTTP). Helmet computes them once,
 * for a request that nobody sent: as a hook it would build them anew for every request.
 */
export function readSecurityHeaders(production: boolean): HeaderTable {
  const addHeaders = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    // Only ever over TLS, which a proxy ends; plain http on localhost must stay reachable.
    strictTransportSecurity: production ? { maxAge: ONE_YEAR_SECONDS, includeSubDomains: true } : false,
    xFrameOptions: { action: 'deny' },
    referrerPolicy: { policy: 'no-referrer' },
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    originAgentCluster: false,
    xXssProtection: false,
  })
  const request = new IncomingMessage(new Socket())
  const response = new ServerResponse(request)
  addHeaders(request, response, (fault) => {
    if (fault) throw fault
  })
  const headers = Object.entries(response.getHeaders()).map(([name, value]) => [name, String(value)])
  return Object.freeze(Object.fromEntries(headers))
}
