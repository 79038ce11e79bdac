import type { ApolloServer, BaseContext } from '@apollo/server'
import { ApolloServerErrorCode } from '@apollo/server/errors'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { GraphQLError } from 'graphql'
import type { HttpConfig } from '../config.ts'
import { type ErrorFormatter, knownError } from '../graphql/format-error.ts'
import type { RequestInfo } from '../graphql/request-info.ts'
import { apolloHandler } from './apollo-handler.ts'
import type { Drain } from './drain.ts'
import { isExplorerVisit, sendExplorer } from './explorer.ts'
import { answerType, GRAPHQL_PATH, sendBadRequest } from './http-errors.ts'
import { isPlainJson } from './json-body.ts'
import { LargeAnswers } from './large-answers.ts'
import { createRequestInfo } from './request-info.ts'

interface GraphQLRouteOptions<TContext extends BaseContext> {
  apollo: ApolloServer<TContext>
  http: HttpConfig
  drain: Drain
  formatter: ErrorFormatter
  createContext(request: RequestInfo): TContext
}

export function addGraphQLRoute<TContext extends BaseContext>(
  app: FastifyInstance,
  { apollo, http, drain, formatter, createContext }: GraphQLRouteOptions<TContext>,
): void {
  const run = apolloHandler(apollo, async (request, reply) => {
    refuseUnusable(request)
    try {
      return createContext(createRequestInfo(request, reply, http))
    } catch (error) {
      throw contextError(error, request, formatter)
    }
  })

  const largeAnswers = new LargeAnswers()

  app.route({
    method: ['GET', 'POST'],
    url: GRAPHQL_PATH,
    exposeHeadRoute: false,
    async handler(request, reply) {
      if (http.explorer && isExplorerVisit(request)) return sendExplorer(reply)
      // An operation goes on when its client has gone, and so does the wait for it.
      const leave = drain.enter()
      try {
        return await largeAnswers.run(queryOf(request), () => run(request, reply))
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

function queryOf({ body, query }: FastifyRequest): string | undefined {
  const sent = (body ?? query) as { query?: unknown } | null
  return typeof sent?.query === 'string' ? sent.query : undefined
}

/** What Apollo would find out only after the operation has run, or take for a missing body. */
function refuseUnusable(request: FastifyRequest): void {
  if (request.method === 'POST' && !isPlainJson(request)) throw refusal(415, 'The body must be JSON in UTF-8.')
  if (answerType(request.headers.accept) === undefined) throw refusal(406, 'Answers are JSON.')
}

function refusal(status: number, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: ApolloServerErrorCode.BAD_REQUEST, http: { status } } })
}

/** Apollo would put the original message into the answer. */
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
