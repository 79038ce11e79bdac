import type { ApolloServerPlugin, BaseContext, GraphQLRequestContext } from '@apollo/server'
import { ApolloServerErrorCode } from '@apollo/server/errors'
import { GraphQLError, type GraphQLFormattedError, OperationTypeNode } from 'graphql'
import { ErrorCode, QueryTooComplexError } from '../errors.ts'
import type { ErrorFormatter, ErrorOrigin } from './format-error.ts'
import { costOf, MAX_COST } from './limits.ts'
import { answerType, JSON_TYPE } from './media-types.ts'
import { type OperationNames, operationNames } from './operation-names.ts'
import { REQUEST_ID_HEADER } from './request-info.ts'
import { expectedType } from './safe-messages.ts'
import { textsOf } from './sent-texts.ts'

export interface AnsweredOperation extends OperationNames {
  /** Of the first error; null without one. */
  code: string | null
}

export interface RequestPluginOptions<TContext> {
  formatter: ErrorFormatter
  /**
   * Called for each answer to a request that Apollo took for one operation.
   * @param seconds that it took; null where nothing ran
   */
  onOperation?: (operation: AnsweredOperation, context: TContext, seconds: number | null) => void
  /** The text to run in place of the one that was sent; undefined: none. */
  textOf?: ((context: TContext, sent: string | undefined) => string | undefined) | undefined
}

/** Refuses subscriptions and costly operations, and decides the status of answers. */
export function requestPlugin<TContext extends BaseContext>({
  formatter,
  onOperation,
  textOf,
}: RequestPluginOptions<TContext>): ApolloServerPlugin<TContext> {
  const startedAtMs = new WeakMap<object, number>()
  const listener = {
    async didResolveOperation(context: GraphQLRequestContext<TContext>) {
      refuseSubscription(context)
      refuseCostly(context)
    },
    async didEncounterErrors(context: GraphQLRequestContext<TContext>) {
      const origin = originOf(context)
      for (const error of context.errors ?? []) formatter.belongsTo(error, origin)
    },
    async willSendResponse(context: GraphQLRequestContext<TContext>) {
      const { body, http } = context.response
      if (body?.kind !== 'single') return
      const result = body.singleResult
      result.errors = firstRefusal(result.errors) ?? result.errors
      const ms = performance.now() - (startedAtMs.get(context) ?? Number.NaN)
      const seconds = result.data === undefined ? null : ms / 1000
      onOperation?.(describeOperation(context, result.errors), context.contextValue, seconds)
      if (result.data === undefined && isWellFormed(result.errors) && prefersPlainJson(context)) http.status = 200
    },
  }
  return {
    async requestDidStart(requestContext) {
      const { request, contextValue } = requestContext
      startedAtMs.set(requestContext, performance.now())
      // Clients that fill a form send an empty name for none.
      if (request.operationName === '') delete request.operationName
      if (textOf) Object.assign(request, { query: textOf(contextValue, request.query) })
      return listener
    },
  }
}

function describeOperation(
  { schema, document, request }: GraphQLRequestContext<BaseContext>,
  errors: readonly GraphQLFormattedError[] | undefined,
): AnsweredOperation {
  const [first] = errors ?? []
  const code = first ? String(first.extensions?.code) : null
  return { ...operationNames(schema, document, request.operationName), code }
}

function refuseSubscription({ operation }: GraphQLRequestContext<BaseContext>): void {
  if (operation?.operation !== OperationTypeNode.SUBSCRIPTION) return
  throw new GraphQLError('There are no subscriptions.', {
    extensions: { code: ApolloServerErrorCode.OPERATION_RESOLUTION_FAILURE, http: { status: 400 } },
  })
}

function refuseCostly({ schema, document, operation, request }: GraphQLRequestContext<BaseContext>): void {
  // Apollo calls the hook without an operation too, and answers an unknown operation name afterwards.
  if (!document || !operation) return
  if (costOf(schema, document, operation, request.variables ?? {}) <= MAX_COST) return
  const originalError = new QueryTooComplexError(`The operation costs more than ${MAX_COST}.`)
  throw new GraphQLError(originalError.message, { originalError, extensions: { http: { status: 400 } } })
}

/** `limitsRule` reports its refusal several times, to abort the validation. */
function firstRefusal(errors: readonly GraphQLFormattedError[] | undefined): GraphQLFormattedError[] | undefined {
  const refusal = errors?.find((error) => error.extensions?.code === ErrorCode.QUERY_TOO_COMPLEX)
  return refusal && [refusal]
}

/** A body that is no GraphQL request is 400 whatever the Accept; Apollo's 405 has the same code. */
function isWellFormed(errors: readonly GraphQLFormattedError[] | undefined): boolean {
  return !errors?.some((error) => error.extensions?.code === ApolloServerErrorCode.BAD_REQUEST)
}

/** GraphQL over HTTP, section 6.4.1: with application/json the status is 200 even where nothing ran. */
function prefersPlainJson({ request }: GraphQLRequestContext<BaseContext>): boolean {
  return answerType(request.http?.headers.get('accept')) === JSON_TYPE
}

function originOf({ schema, document, request }: GraphQLRequestContext<BaseContext>): ErrorOrigin {
  const headers = request.http?.headers
  return {
    // The HTTP server overwrites this header with the id that counts.
    requestId: headers?.get(REQUEST_ID_HEADER) ?? '',
    sentTexts: () => textsOf([request.variables, headers?.get('authorization'), headers?.get('cookie')], document),
    expectedType: (value) => document && expectedType(schema, document, value),
  }
}
