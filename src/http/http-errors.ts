import { ApolloServerErrorCode } from '@apollo/server/errors'
import type { FastifyReply } from 'fastify'
import Negotiator from 'negotiator'
import { type AppError, type ErrorCode, type RateLimitedError, ServiceUnavailableError } from '../errors.ts'

export const GRAPHQL_PATH = '/graphql'
export const JSON_TYPE = 'application/json; charset=utf-8'
const GRAPHQL_TYPE = 'application/graphql-response+json; charset=utf-8'

/** What a refusal outside GraphQL says, by status. Nothing of the request, no path, no stack. */
const TEXTS: Record<number, string> = {
  400: 'Bad request',
  404: 'Not found',
  405: 'Method not allowed',
  408: 'Request timeout',
  413: 'Payload too large',
  414: 'URI too long',
  415: 'Unsupported media type',
  431: 'Request header fields too large',
  503: 'Service unavailable',
}

/** `{"error":…}`; what has no text of its own is a fault of the service. */
export function errorBody(status: number): string {
  return JSON.stringify({ error: TEXTS[status] ?? 'Internal server error' })
}

export function sendError(reply: FastifyReply, status: number): FastifyReply {
  return reply.code(status).type(JSON_TYPE).send(errorBody(status))
}

/** A body as GraphQL clients read it, for a refusal before GraphQL itself was asked. */
export function sendGraphQLError(reply: FastifyReply, status: number, error: AppError): FastifyReply {
  return sendErrors(reply, status, error.message, error.extensions)
}

/** For a request whose body is none of GraphQL's. */
export function sendBadRequest(reply: FastifyReply, status: number): FastifyReply {
  return sendErrors(reply, status, `${TEXTS[status] ?? 'Bad request'}.`, { code: ApolloServerErrorCode.BAD_REQUEST })
}

export function sendRateLimited(reply: FastifyReply, error: RateLimitedError): FastifyReply {
  return sendGraphQLError(reply.header('retry-after', String(error.retryAfterSeconds)), 429, error)
}

/** While draining, or with the database away. */
export function sendUnavailable(reply: FastifyReply): FastifyReply {
  if (isGraphQLRoute(reply)) return sendGraphQLError(reply, 503, new ServiceUnavailableError())
  return sendError(reply, 503)
}

export function isGraphQLRoute(reply: FastifyReply): boolean {
  return reply.request.routeOptions.url === GRAPHQL_PATH
}

/** As Apollo chooses: application/json unless the request prefers GraphQL's own type. */
export function answerType(accept: string | undefined): string | undefined {
  if (!accept) return JSON_TYPE
  return new Negotiator({ headers: { accept } }).mediaType([JSON_TYPE, GRAPHQL_TYPE])
}

function sendErrors(
  reply: FastifyReply,
  status: number,
  message: string,
  extensions: { code: ErrorCode | ApolloServerErrorCode },
): FastifyReply {
  const type = answerType(reply.request.headers.accept) ?? JSON_TYPE
  return reply
    .code(status)
    .type(type)
    .send(JSON.stringify({ errors: [{ message, extensions }] }))
}
