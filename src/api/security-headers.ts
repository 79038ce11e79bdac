import helmet from '@fastify/helmet'
import { type FastifyInstance, fastify } from 'fastify'

export type HeaderTable = Readonly<Record<string, string>>

const ONE_YEAR_SECONDS = 31_536_000

/**
 * The headers that every answer carries, also those that no framework writes (broken HTTP). Helmet computes them
 * once, on an instance that never listens: as a hook it would build them anew for every request.
 */
export async function readSecurityHeaders(production: boolean): Promise<HeaderTable> {
  const before = await headersOf(fastify())
  const app = fastify()
  await app.register(helmet, {
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
  const after = await headersOf(app)
  return Object.freeze(Object.fromEntries(Object.entries(after).filter(([name]) => !(name in before))))
}

async function headersOf(app: FastifyInstance): Promise<Record<string, string>> {
  const { headers } = await app.inject('/')
  await app.close()
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
}
