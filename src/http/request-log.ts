import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import type { AnsweredOperation } from '../graphql/plugin.ts'
import type { RequestInfo } from '../graphql/request-info.ts'
import { clientAddress } from './client-address.ts'
import { isGraphQLRoute } from './http-errors.ts'

const NOTHING_RAN = { operation: null, fields: [] }

/** LOG_REQUESTS: one line for each GraphQL answer, also of requests that Apollo refuses or never gets. */
export class RequestLog {
  /** Apollo's plugin knows the operation and, of the request, its RequestInfo alone. */
  readonly #operations = new WeakMap<RequestInfo, AnsweredOperation>()
  readonly #requests = new WeakMap<FastifyRequest, RequestInfo>()

  constructor(private readonly log: Logger) {}

  began(request: FastifyRequest, info: RequestInfo): void {
    this.#requests.set(request, info)
  }

  answered(info: RequestInfo, operation: AnsweredOperation): void {
    this.#operations.set(info, operation)
  }

  /** In onSend, which runs for clients that have gone away too. The names are those of pino-http where it has them. */
  addTo(app: FastifyInstance): void {
    app.addHook('onSend', async (request, reply, payload) => {
      if (!isGraphQLRoute(reply) || !isJson(reply.getHeader('content-type')) || !this.log.isLevelEnabled('info')) return
      const info = this.#requests.get(request)
      const operation = info && this.#operations.get(info)
      const { code, ...names } = operation ?? { ...NOTHING_RAN, code: codeIn(payload) }
      const ms = Math.round(reply.elapsedTime)
      this.log.info({ requestId: request.id, ...names, code, ms, ip: clientAddress(request) }, 'request completed')
    })
  }
}

/** The explorer has the same address. */
function isJson(contentType: unknown): boolean {
  return typeof contentType === 'string' && contentType.includes('json')
}

/** Of an answer without an operation, which is short. */
function codeIn(payload: unknown): string | null {
  try {
    const { errors } = JSON.parse(String(payload)) as { errors?: { extensions?: { code?: string } }[] }
    return errors?.[0]?.extensions?.code ?? null
  } catch {
    return null
  }
}
