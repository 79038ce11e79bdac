import type { ErrorCode, FieldErrorCode } from './enums.ts'

/** One entry of `extensions.fields`; the codes are the schema's `FieldErrorCode`. */
export interface FieldError {
  /** Where the value stands in the arguments: `input.username`. */
  path: string
  code: FieldErrorCode
  /** A sentence for people. */
  message: string
}

/** What stands beside `code` in `extensions`; codes that are not here have nothing. */
interface Details {
  /** Without `fields` where GraphQL itself refused a variable: it names no path. */
  BAD_USER_INPUT: { fields?: FieldError[] }
  /** Neither for the last administrator, a limit, or something in use. */
  CONFLICT: { field?: string; fields?: FieldError[] }
  /** The permissions that the viewer lacks, where one was to be given. */
  FORBIDDEN: { permissions?: string[] }
  INTERNAL_SERVER_ERROR: { requestId?: string }
  /** `currentPassword`, where it was not a sign-in. */
  INVALID_CREDENTIALS: { field?: string }
  /** Seconds. */
  RATE_LIMITED: { retryAfter: number }
  SECOND_FACTOR_REQUIRED: { methods: ('TOTP' | 'RECOVERY_CODE')[] }
  /** `unknown`: a change may have been made. */
  SERVICE_UNAVAILABLE: { outcome?: 'unknown' }
}

/** Of requests that never ran; they are Apollo Server's own. */
type RequestErrorCode =
  | 'BAD_REQUEST'
  | 'GRAPHQL_PARSE_FAILED'
  | 'GRAPHQL_VALIDATION_FAILED'
  | 'OPERATION_RESOLUTION_FAILURE'
  | 'PERSISTED_QUERY_NOT_SUPPORTED'

type Code = ErrorCode | RequestErrorCode

/** `extensions` of an error: a union told apart by `code`. Later versions of the service may know more codes. */
export type ErrorExtensions = { [C in Code]: { code: C } & (C extends keyof Details ? Details[C] : object) }[Code]

/** One entry of `errors` in an answer. */
export type AnswerError = { message: string; path?: (string | number)[]; extensions: ErrorExtensions }

/** What the service refused. Faults of the network are none: they are what `fetch` throws. */
export class GatehouseError extends Error {
  override readonly name = 'GatehouseError'
  readonly code: ErrorExtensions['code']
  readonly extensions: ErrorExtensions

  constructor({ message, extensions }: AnswerError) {
    super(message)
    this.code = extensions.code
    this.extensions = extensions
  }
}

/**
 * Why a session has ended: the codes of a refused refresh, `SIGNED_OUT` in this tab or another, `REPLACED` because
 * somebody else signed in in another tab.
 */
export type EndReason = 'REFRESH_TOKEN_INVALID' | 'REFRESH_TOKEN_REUSED' | 'SIGNED_OUT' | 'REPLACED'

/** The session ended, or changed hands, while a request waited for its token. The request was not sent. */
export class SessionEndedError extends Error {
  override readonly name = 'SessionEndedError'
}

/** Whether trying again later may help: the network, and a part of the service that is away. */
export function isPassing(error: unknown): boolean {
  if (error instanceof GatehouseError) return error.code === 'SERVICE_UNAVAILABLE'
  return !(error instanceof SessionEndedError)
}

/** The reason to end a session, or null where it lives on. */
export function endReason(error: unknown): EndReason | null {
  const code = error instanceof GatehouseError ? error.code : null
  return code === 'REFRESH_TOKEN_INVALID' || code === 'REFRESH_TOKEN_REUSED' ? code : null
}
