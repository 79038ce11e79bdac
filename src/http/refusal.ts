import { ApolloServerErrorCode } from '@apollo/server/errors'
import type { FastifyRequest } from 'fastify'
import { GraphQLError } from 'graphql'
import { answerType } from '../graphql/media-types.ts'
import { isPlainJson } from './bodies.ts'

/** The error of a request that is no GraphQL request, to be thrown where Apollo asks for the context. */
export function refusal(status: number, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: ApolloServerErrorCode.BAD_REQUEST, http: { status } } })
}

/** Apollo would find a bad Accept only after the operation has run, and take an undefined body for a missing one. */
export function refuseUnusable(request: FastifyRequest): void {
  if (request.method === 'POST' && !isPlainJson(request)) throw refusal(415, 'The body must be JSON in UTF-8.')
  if (answerType(request.headers.accept) === undefined) throw refusal(406, 'Answers are JSON.')
}
