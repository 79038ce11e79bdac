import { ApolloServerErrorCode } from '@apollo/server/errors'
import type { FastifyReply } from 'fastify'
import { type AppError, type ErrorCode, type RateLimitedError, ServiceUnavailableError } from '../errors.ts'
import { answerType, JSON_TYPE } from '../graphql/media-types.ts'

export const GRAPHQL_PATH = '/graphql'
export const INTROSPECTION_PATH = '/oauth/introspect'

/** Texts of refusals outside GraphQL, by status. They hold nothing of the request. */
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

/** Of introspection, whose clients expect the codes of RFC 6749, section 5.2, and RFC 6750, section 3.1. */
const OAUTH_CODES: Record<number, string> = {
  401: 'invalid_client',
  403: 'insufficient_scope',
  500: 'server_error',
  503: 'temporarily_unavailable',
}

/** `{"error":…}`; a status without a text is a fault of the service. */
export function errorBody(status: number): string {
  return JSON.stringify({ error: TEXTS[status] ?? 'Internal server error' })
}

export function sendError(reply: FastifyReply, status: number): FastifyReply {
  const body = isIntrospectionRoute(reply)
    ? JSON.stringify({ error: OAUTH_CODES[status] ?? 'invalid_request' })
    : errorBody(status)
  return reply.code(status).type(JSON_TYPE).send(body)
}

/** Refuses in the form of a GraphQL answer, for requests that Apollo never gets. */
export function sendGraphQLError(reply: FastifyReply, status: number, error: AppError): FastifyReply {
  return sendErrors(reply, status, error.message, error.extensions)
}

/** Refuses a request that is no GraphQL request. */
export function sendBadRequest(reply: FastifyReply, status: number): FastifyReply {
  return sendErrors(reply, status, `${TEXTS[status] ?? 'Bad request'}.`, { code: ApolloServerErrorCode.BAD_REQUEST })
}

export function sendRateLimited(reply: FastifyReply, error: RateLimitedError): FastifyReply {
  return sendGraphQLError(reply.header('retry-after', String(error.retryAfterSeconds)), 429, error)
}

/** For draining and for a database that is away. */
export function sendUnavailable(reply: FastifyReply): FastifyReply {
  if (isGraphQLRoute(reply)) return sendGraphQLError(reply, 503, new ServiceUnavailableError())
  return sendError(reply, 503)
}

export function isGraphQLRoute(reply: FastifyReply): boolean {
  return reply.request.routeOptions.url === GRAPHQL_PATH
}

function isIntrospectionRoute(reply: FastifyReply): boolean {
  return reply.request.routeOptions.url === INTROSPECTION_PATH
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
