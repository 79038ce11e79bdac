import type { ApolloServer, BaseContext } from '@apollo/server'
import { fastifyApolloHandler } from '@as-integrations/fastify'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { GraphQLError } from 'graphql'
import type { HttpConfig } from '../config.ts'
import { type ErrorFormatter, knownError } from '../graphql/format-error.ts'
import { answerType, JSON_TYPE } from '../graphql/media-types.ts'
import type { RequestInfo } from '../graphql/request-info.ts'
import { DocumentRefusedError, type TrustedDocuments } from '../graphql/trusted-documents.ts'
import type { Drain } from './drain.ts'
import { addExplorerParts, isExplorerVisit, sendExplorer } from './explorer.ts'
import { GRAPHQL_PATH, sendBadRequest } from './http-errors.ts'
import { refuseUnusable } from './refusal.ts'
import { createRequestInfo } from './request-info.ts'
import type { RequestLog } from './request-log.ts'
import { chooseDocument } from './sent-document.ts'

interface GraphQLRouteOptions<TContext extends BaseContext> {
  apollo: ApolloServer<TContext>
  http: HttpConfig
  drain: Drain
  formatter: ErrorFormatter
  requestLog?: RequestLog | undefined
  trusted?: TrustedDocuments | undefined
  /** Called with the code of a document that was refused before Apollo saw it. */
  onDocumentRefused?: (code: string) => void
  createContext(request: RequestInfo): TContext
}

/** @param options.apollo started already */
export function addGraphQLRoute<TContext extends BaseContext>(
  app: FastifyInstance,
  options: GraphQLRouteOptions<TContext>,
): void {
  const { apollo, http, drain, formatter, requestLog, createContext } = options
  const execute = fastifyApolloHandler(apollo, {
    // Apollo calls this after its CSRF check and before anything runs.
    async context(request, reply) {
      refuseUnusable(request)
      try {
        const info = createRequestInfo(request, reply, http)
        requestLog?.began(request, info)
        if (options.trusted) chooseDocument(request, info, options.trusted)
        return createContext(info)
      } catch (error) {
        if (error instanceof DocumentRefusedError) options.onDocumentRefused?.(error.extensions.code)
        throw contextError(error, request, formatter)
      }
    },
  })

  if (http.explorer) addExplorerParts(app)
  app.route({
    method: ['GET', 'POST'],
    url: GRAPHQL_PATH,
    exposeHeadRoute: false,
    async handler(request, reply) {
      if (http.explorer && isExplorerVisit(request)) return sendExplorer(reply)
      // An operation goes on when its client disconnects, so a stop waits for its end and not for the connection's.
      const leave = drain.enter()
      try {
        return await execute.call(app, request, reply)
      } finally {
        leave()
      }
    },
  })

  app.route({
    method: ['HEAD', 'PUT', 'PATCH', 'DELETE'],
    url: GRAPHQL_PATH,
    handler: async (_request, reply: FastifyReply) => sendBadRequest(reply.header('allow', 'GET, POST'), 405),
  })
}

/** Wraps the error, because Apollo puts the message of any other into the answer. */
function contextError(error: unknown, request: FastifyRequest, formatter: ErrorFormatter): GraphQLError {
  if (error instanceof GraphQLError) return error
  const originalError = error instanceof Error ? error : new Error('Not an error.')
  const status = statusOf(error, request)
  const located = new GraphQLError('The context could not be made.', {
    originalError,
    extensions: { http: { status } },
  })
  formatter.belongsTo(located, { requestId: request.id, sentTexts: () => credentialsOf(request) })
  return located
}

function statusOf(error: unknown, { headers }: FastifyRequest): number {
  // Nothing ran: as `prefersPlainJson` in graphql/plugin.ts.
  if (error instanceof DocumentRefusedError) return answerType(headers.accept) === JSON_TYPE ? 200 : 400
  return knownError(error) ? 503 : 500
}

function credentialsOf({ headers }: FastifyRequest): string[] {
  return [headers.authorization, headers.cookie].filter((header) => header !== undefined)
}
