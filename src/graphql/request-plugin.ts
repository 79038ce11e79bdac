import {
  type ApolloServerPlugin,
  type BaseContext,
  type GraphQLRequestContext,
  type GraphQLRequestContextResponseForOperation,
  type GraphQLResponse,
  HeaderMap,
} from '@apollo/server'
import { ApolloServerErrorCode } from '@apollo/server/errors'
import { type DocumentNode, GraphQLError, type GraphQLFormattedError, OperationTypeNode } from 'graphql'
import { ErrorCode, QueryTooComplexError } from '../errors.ts'
import { answerType, JSON_TYPE } from '../http/http-errors.ts'
import { REQUEST_ID_HEADER } from '../http/request-id.ts'
import { executeOperation } from './executor.ts'
import type { ErrorFormatter, ErrorOrigin } from './format-error.ts'
import { costOf, MAX_COST } from './query-cost.ts'
import { textsOf } from './sent-texts.ts'

export interface RequestPluginOptions<TContext extends BaseContext> {
  formatter: ErrorFormatter
  /** Told of each answer: the code of its first error, or OK. */
  onOperation?: (code: string) => void
  /** Told of each document before it runs. */
  onDocument?: (document: DocumentNode, context: TContext) => void
}

/** What the service does with each request between Apollo's steps. */
export function requestPlugin<TContext extends BaseContext>({
  formatter,
  onOperation,
  onDocument,
}: RequestPluginOptions<TContext>): ApolloServerPlugin<TContext> {
  const listener = {
    async didResolveOperation(context: GraphQLRequestContext<TContext>) {
      refuseSubscription(context)
      refuseCost(context)
      if (context.document) onDocument?.(context.document, context.contextValue)
    },
    responseForOperation: (context: GraphQLRequestContextResponseForOperation<TContext>) => respond(context, formatter),
    async didEncounterErrors(context: GraphQLRequestContext<TContext>) {
      const origin = originOf(context)
      for (const error of context.errors ?? []) formatter.belongsTo(error, origin)
    },
    async willSendResponse(context: GraphQLRequestContext<TContext>) {
      const { body, http } = context.response
      if (body?.kind !== 'single') return
      const result = body.singleResult
      result.errors = keepFirstRefusal(result.errors)
      onOperation?.(String(result.errors?.[0]?.extensions?.code ?? 'OK'))
      if (result.data === undefined && isWellFormed(result.errors) && prefersPlainJson(context)) http.status = 200
    },
  }
  return { requestDidStart: async () => listener }
}

/** In the place of Apollo's own execution, which is graphql's. What it does with errors is done here. */
async function respond<TContext extends BaseContext>(
  context: GraphQLRequestContextResponseForOperation<TContext>,
  formatter: ErrorFormatter,
): Promise<GraphQLResponse> {
  const { data, errors } = await executeOperation(context)
  const http = { status: data === undefined ? 400 : undefined, headers: new HeaderMap() }
  if (!errors) return { http, body: { kind: 'single', singleResult: { data } } }
  const origin = originOf(context)
  const formatted = errors.map((error) => {
    formatter.belongsTo(error, origin)
    return formatter.format(error.toJSON(), error)
  })
  return { http, body: { kind: 'single', singleResult: { data, errors: formatted } } }
}

function refuseSubscription({ operation }: GraphQLRequestContext<BaseContext>): void {
  if (operation?.operation !== OperationTypeNode.SUBSCRIPTION) return
  throw new GraphQLError('There are no subscriptions.', {
    extensions: { code: ApolloServerErrorCode.OPERATION_RESOLUTION_FAILURE, http: { status: 400 } },
  })
}

/** Here and not in a validation rule: it depends on variables, and checked documents are remembered. */
function refuseCost({ schema, document, operation, request }: GraphQLRequestContext<BaseContext>): void {
  if (!document || !operation) return
  if (costOf(schema, document, operation, request.variables ?? {}) <= MAX_COST) return
  const originalError = new QueryTooComplexError(`The operation costs more than ${MAX_COST}.`)
  throw new GraphQLError(originalError.message, { originalError, extensions: { http: { status: 400 } } })
}

/** The rule of limits reports itself several times, to make graphql stop. */
function keepFirstRefusal(errors: readonly GraphQLFormattedError[] | undefined) {
  const refusal = errors?.find((error) => error.extensions?.code === ErrorCode.QUERY_TOO_COMPLEX)
  return refusal ? [refusal] : errors
}

/** A body that is no GraphQL request is 400 for every client; Apollo's own 405 has that code as well. */
function isWellFormed(errors: readonly GraphQLFormattedError[] | undefined): boolean {
  return !errors?.some((error) => error.extensions?.code === ApolloServerErrorCode.BAD_REQUEST)
}

/** GraphQL over HTTP, section 6.4.1: with application/json, 200 also where nothing ran. */
function prefersPlainJson({ request }: GraphQLRequestContext<BaseContext>): boolean {
  return answerType(request.http?.headers.get('accept')) === JSON_TYPE
}

function originOf({ request, document }: GraphQLRequestContext<BaseContext>): ErrorOrigin {
  const headers = request.http?.headers
  return {
    // The server has put the id there, whatever the client sent.
    requestId: headers?.get(REQUEST_ID_HEADER) ?? '',
    sentTexts: () => textsOf([request.variables, headers?.get('authorization'), headers?.get('cookie')], document),
  }
}
