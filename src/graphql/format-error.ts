import { ApolloServerErrorCode } from '@apollo/server/errors'
import { GraphQLError, type GraphQLFormattedError } from 'graphql'
import type { Logger } from 'pino'
import { isUnavailable } from '../database/faults.ts'
import { AppError, ErrorCode, ServiceUnavailableError } from '../errors.ts'
import { describeFault } from '../logging/describe-fault.ts'
import { isAboutLiteral, isAboutVariable, plainMessage, syntaxMessage, valueMessage } from './safe-messages.ts'

/** Of the request that an error belongs to: what finds it in the log, and what the log must not repeat. */
export interface ErrorOrigin {
  requestId: string
  /** Computed only for a fault that is logged. */
  sentTexts(): string[]
}

/** Codes of requests that never ran, with how their messages are made safe. */
const MESSAGES_BY_CODE: Partial<Record<string, (message: string) => string>> = {
  [ApolloServerErrorCode.GRAPHQL_PARSE_FAILED]: syntaxMessage,
  [ApolloServerErrorCode.GRAPHQL_VALIDATION_FAILED]: plainMessage,
  [ApolloServerErrorCode.OPERATION_RESOLUTION_FAILURE]: (message) => plainMessage(message.replace(/ named ".*$/s, '.')),
  [ApolloServerErrorCode.PERSISTED_QUERY_NOT_FOUND]: plainMessage,
  [ApolloServerErrorCode.PERSISTED_QUERY_NOT_SUPPORTED]: plainMessage,
  [ApolloServerErrorCode.BAD_REQUEST]: plainMessage,
}

/** Turns every error into what clients may see. One for a server. */
export class ErrorFormatter {
  /** Apollo's `formatError` knows no request, so a plugin tells beforehand whose an error is. */
  readonly #origins = new WeakMap<Error, ErrorOrigin>()
  readonly #logged = new WeakSet<object>()

  constructor(readonly log: Logger) {}

  belongsTo(error: Error, origin: ErrorOrigin): void {
    this.#origins.set(error, origin)
  }

  readonly format = (formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError => {
    const { locations, path } = formatted
    return { ...this.#describe(error), locations, path }
  }

  #describe(error: unknown): Pick<GraphQLFormattedError, 'message' | 'extensions'> {
    const known = knownError(error)
    if (known) {
      this.#noteCause(error, known)
      return { message: known.message, extensions: known.extensions }
    }
    return (error instanceof GraphQLError && describeRefusal(error)) || this.#report(error)
  }

  /** Which part is away: a line for each fault, not for each field that it left without an answer. */
  #noteCause(error: unknown, known: AppError): void {
    if (known.cause === undefined || !this.#isNew(known.cause)) return
    const origin = this.#originOf(error)
    const fault = describeFault(known.cause, origin?.sentTexts() ?? [])
    this.log.warn({ requestId: origin?.requestId, code: known.extensions.code, fault }, known.message)
  }

  #report(error: unknown): Pick<GraphQLFormattedError, 'message' | 'extensions'> {
    const origin = this.#originOf(error)
    const requestId = origin?.requestId
    const original = originalOf(error)
    if (this.#isNew(original)) {
      const fault = describeFault(original, origin?.sentTexts() ?? [])
      const path = error instanceof GraphQLError ? error.path : undefined
      this.log.error({ requestId, fault, path }, 'Internal server error')
    }
    return { message: 'Internal server error', extensions: { code: ErrorCode.INTERNAL_SERVER_ERROR, requestId } }
  }

  #originOf(error: unknown): ErrorOrigin | undefined {
    return error instanceof Error ? this.#origins.get(error) : undefined
  }

  #isNew(fault: unknown): boolean {
    if (typeof fault !== 'object' || fault === null) return true
    if (this.#logged.has(fault)) return false
    this.#logged.add(fault)
    return true
  }
}

/** What graphql and Apollo refused by themselves; null for a fault of the service. */
function describeRefusal(error: GraphQLError): Pick<GraphQLFormattedError, 'message' | 'extensions'> | null {
  if (!isGraphqlsOwn(error)) return null
  const code = error.extensions.code
  const isUnrun = typeof code === 'string' && code in MESSAGES_BY_CODE
  if (isAboutLiteral(error) || (isAboutVariable(error) && !isUnrun)) {
    const isCheck = code === ApolloServerErrorCode.GRAPHQL_VALIDATION_FAILED
    return { message: valueMessage(error), extensions: { code: isCheck ? code : ErrorCode.BAD_USER_INPUT } }
  }
  const safe = isUnrun ? MESSAGES_BY_CODE[code] : undefined
  return safe ? { message: safe(error.message), extensions: { code } } : null
}

/** An error of our own, or one that says that the database is away; null for any other. */
export function knownError(error: unknown): AppError | null {
  const original = originalOf(error)
  if (original instanceof AppError) return original
  return isUnavailable(original) ? new ServiceUnavailableError({ cause: original }) : null
}

/** Through the wrappers of Apollo and graphql, however many. */
function originalOf(error: unknown): unknown {
  let original = error
  while (original instanceof GraphQLError && original.originalError) original = original.originalError
  return original
}

/** Not thrown by a resolver: graphql and Apollo make their own without an original, or from another of theirs. */
function isGraphqlsOwn(error: GraphQLError): boolean {
  return originalOf(error) instanceof GraphQLError || error.extensions.code !== undefined
}
