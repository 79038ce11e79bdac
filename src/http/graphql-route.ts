import type { ApolloServer, BaseContext } from '@apollo/server'
import { ApolloServerErrorCode } from '@apollo/server/errors'
import { fastifyApolloHandler } from '@as-integrations/fastify'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { GraphQLError } from 'graphql'
import type { HttpConfig } from '../config.ts'
import { type ErrorFormatter, knownError } from '../graphql/format-error.ts'
import { answerType } from '../graphql/media-types.ts'
import type { RequestInfo } from '../graphql/request-info.ts'
import { isPlainJson } from './bodies.ts'
import type { Drain } from './drain.ts'
import { addExplorerParts, isExplorerVisit, sendExplorer } from './explorer.ts'
import { GRAPHQL_PATH, sendBadRequest } from './http-errors.ts'
import { createRequestInfo } from './request-info.ts'
import type { RequestLog } from './request-log.ts'

interface GraphQLRouteOptions<TContext extends BaseContext> {
  apollo: ApolloServer<TContext>
  http: HttpConfig
  drain: Drain
  formatter: ErrorFormatter
  requestLog?: RequestLog | undefined
  createContext(request: RequestInfo): TContext
}

/** @param options.apollo started already */
export function addGraphQLRoute<TContext extends BaseContext>(
  app: FastifyInstance,
  { apollo, http, drain, formatter, requestLog, createContext }: GraphQLRouteOptions<TContext>,
): void {
  const execute = fastifyApolloHandler(apollo, {
    // Apollo calls this after its CSRF check and before anything runs.
    async context(request, reply) {
      refuseUnusable(request)
      try {
        const info = createRequestInfo(request, reply, http)
        requestLog?.began(request, info)
        return createContext(info)
      } catch (error) {
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

/** Apollo would find a bad Accept only after the operation has run, and take an undefined body for a missing one. */
function refuseUnusable(request: FastifyRequest): void {
  if (request.method === 'POST' && !isPlainJson(request)) throw refusal(415, 'The body must be JSON in UTF-8.')
  if (answerType(request.headers.accept) === undefined) throw refusal(406, 'Answers are JSON.')
}

function refusal(status: number, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: ApolloServerErrorCode.BAD_REQUEST, http: { status } } })
}

/** Wraps the error, because Apollo puts the message of any other into the answer. */
function contextError(error: unknown, request: FastifyRequest, formatter: ErrorFormatter): GraphQLError {
  const originalError = error instanceof Error ? error : new Error('Not an error.')
  const status = knownError(error) ? 503 : 500
  const located = new GraphQLError('The context could not be made.', {
    originalError,
    extensions: { http: { status } },
  })
  formatter.belongsTo(located, { requestId: request.id, sentTexts: () => credentialsOf(request) })
  return located
}

function credentialsOf({ headers }: FastifyRequest): string[] {
  return [headers.authorization, headers.cookie].filter((header) => header !== undefined)
}
