import { ApolloServerErrorCode } from '@apollo/server/errors'
import { type ASTNode, GraphQLError, type GraphQLFormattedError, type GraphQLInputType } from 'graphql'
import type { Logger } from 'pino'
import { isUnavailable } from '../database/faults.ts'
import { AppError, CsrfFailedError, ErrorCode, ServiceUnavailableError } from '../errors.ts'
import { describeFault } from '../logging/describe-fault.ts'
import {
  isAboutLiteral,
  isAboutVariable,
  literalMessage,
  plainMessage,
  syntaxMessage,
  valueMessage,
} from './safe-messages.ts'

/** The request that an error belongs to. */
export interface ErrorOrigin {
  requestId: string
  /** Texts that the log must not repeat. Called only for a fault that is logged. */
  sentTexts(): string[]
  /** The input type at the place of a value in the document. */
  expectedType?(value: ASTNode): GraphQLInputType | undefined
}

type Description = Pick<GraphQLFormattedError, 'message' | 'extensions'>

/** Codes of requests that never ran, with what makes their messages safe. */
const MESSAGES_BY_CODE: Partial<Record<string, (message: string) => string>> = {
  [ApolloServerErrorCode.GRAPHQL_PARSE_FAILED]: syntaxMessage,
  [ApolloServerErrorCode.GRAPHQL_VALIDATION_FAILED]: plainMessage,
  [ApolloServerErrorCode.OPERATION_RESOLUTION_FAILURE]: (message) => plainMessage(message.replace(/ named ".*$/s, '.')),
  [ApolloServerErrorCode.PERSISTED_QUERY_NOT_FOUND]: plainMessage,
  [ApolloServerErrorCode.PERSISTED_QUERY_NOT_SUPPORTED]: plainMessage,
  [ApolloServerErrorCode.BAD_REQUEST]: plainMessage,
}

const CSRF_INTERVAL_MS = 60_000

/** Turns every error into what clients may see, and logs unexpected ones. One for a server. */
export class ErrorFormatter {
  #csrfLoggedAtMs = Number.NEGATIVE_INFINITY
  /** Apollo's `formatError` gets no request, so the plugin registers the request of each error first. */
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

  #describe(error: unknown): Description {
    const origin = error instanceof Error ? this.#origins.get(error) : undefined
    const known = knownError(error)
    if (known) {
      this.#logCause(known, origin)
      if (known instanceof CsrfFailedError) this.#logCsrf(known, origin)
      return { message: known.message, extensions: known.extensions }
    }
    const refusal = error instanceof GraphQLError ? describeRefusal(error, origin) : null
    return refusal ?? this.#report(error, origin)
  }

  /** One line for a fault, however many fields it left without an answer. */
  #logCause(known: AppError, origin: ErrorOrigin | undefined): void {
    if (known.cause === undefined || !this.#isNew(known.cause)) return
    const fault = describeFault(known.cause, origin?.sentTexts() ?? [])
    this.log.warn({ requestId: origin?.requestId, code: known.extensions.code, fault }, known.message)
  }

  /** Mostly a setting that is wrong, which the operator should see. Once a minute, because anybody can cause it. */
  #logCsrf({ message, extensions }: CsrfFailedError, origin: ErrorOrigin | undefined): void {
    if (performance.now() - this.#csrfLoggedAtMs < CSRF_INTERVAL_MS) return
    this.#csrfLoggedAtMs = performance.now()
    this.log.warn({ requestId: origin?.requestId, code: extensions.code }, message)
  }

  #report(error: unknown, origin: ErrorOrigin | undefined): Description {
    const requestId = origin?.requestId
    const original = originalOf(error)
    if (this.#isNew(original)) {
      const fault = describeFault(original, origin?.sentTexts() ?? [])
      const path = error instanceof GraphQLError ? error.path : undefined
      this.log.error({ requestId, fault, path }, 'Internal server error')
    }
    return { message: 'Internal server error', extensions: { code: ErrorCode.INTERNAL_SERVER_ERROR, requestId } }
  }

  #isNew(fault: unknown): boolean {
    if (typeof fault !== 'object' || fault === null) return true
    if (this.#logged.has(fault)) return false
    this.#logged.add(fault)
    return true
  }
}

/** For what graphql-js and Apollo refuse themselves; null for a fault of the service. */
function describeRefusal(error: GraphQLError, origin: ErrorOrigin | undefined): Description | null {
  const code = error.extensions.code
  const isFromResolver = !(originalOf(error) instanceof GraphQLError) && code === undefined
  if (isFromResolver) return null
  const safeMessage = typeof code === 'string' ? MESSAGES_BY_CODE[code] : undefined
  if (safeMessage === undefined) return describeBadValue(error)
  const [node] = error.nodes ?? []
  const isLiteral = node && code === ApolloServerErrorCode.GRAPHQL_VALIDATION_FAILED && isAboutLiteral(error)
  const message = isLiteral ? literalMessage(error, origin?.expectedType?.(node)) : safeMessage(error.message)
  return { message, extensions: { code } }
}

/** For arguments and variables that graphql-js cannot coerce; null for any other error of an execution. */
function describeBadValue(error: GraphQLError): Description | null {
  const extensions = { code: ErrorCode.BAD_USER_INPUT }
  if (isAboutLiteral(error) || isAboutVariable(error)) return { message: valueMessage(error), extensions }
  // After `maxCoercionErrors` bad variables graphql-js adds this one, which points nowhere.
  const isErrorLimit = error.message.startsWith('Too many errors processing variables')
  return isErrorLimit ? { message: plainMessage(error.message), extensions } : null
}

/** The service's own error, or SERVICE_UNAVAILABLE for one that says that the database is away; null for any other. */
export function knownError(error: unknown): AppError | null {
  const original = originalOf(error)
  if (original instanceof AppError) return original
  // Node throws an AggregateError where no address of a host answers.
  const faults: unknown[] = original instanceof AggregateError ? original.errors : [original]
  const cause = faults.find(isUnavailable)
  return cause === undefined ? null : new ServiceUnavailableError({ cause })
}

/** Unwraps the errors that graphql-js and Apollo put around another. */
function originalOf(error: unknown): unknown {
  let original = error
  while (original instanceof GraphQLError && original.originalError) original = original.originalError
  return original
}
