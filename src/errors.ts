/**
 * The vocabulary of failures. Services throw these; `graphql/format-error.ts` turns them into GraphQL errors.
 * No other file spells an error code.
 */

/** Every value of `extensions.code` that the service itself produces. */
export enum ErrorCode {
  BAD_USER_INPUT = 'BAD_USER_INPUT',
  UNAUTHENTICATED = 'UNAUTHENTICATED',
  INVALID_CREDENTIALS = 'INVALID_CREDENTIALS',
  ACCOUNT_DISABLED = 'ACCOUNT_DISABLED',
  FORBIDDEN = 'FORBIDDEN',
  CSRF_FAILED = 'CSRF_FAILED',
  NOT_FOUND = 'NOT_FOUND',
  CONFLICT = 'CONFLICT',
  REFRESH_TOKEN_INVALID = 'REFRESH_TOKEN_INVALID',
  REFRESH_TOKEN_REUSED = 'REFRESH_TOKEN_REUSED',
  RATE_LIMITED = 'RATE_LIMITED',
  QUERY_TOO_COMPLEX = 'QUERY_TOO_COMPLEX',
  DOCUMENT_NOT_FOUND = 'DOCUMENT_NOT_FOUND',
  DOCUMENT_NOT_TRUSTED = 'DOCUMENT_NOT_TRUSTED',
  SECOND_FACTOR_REQUIRED = 'SECOND_FACTOR_REQUIRED',
  SECOND_FACTOR_INVALID = 'SECOND_FACTOR_INVALID',
  REAUTHENTICATION_REQUIRED = 'REAUTHENTICATION_REQUIRED',
  EMAIL_NOT_VERIFIED = 'EMAIL_NOT_VERIFIED',
  MAIL_TOKEN_INVALID = 'MAIL_TOKEN_INVALID',
  NOT_CONFIGURED = 'NOT_CONFIGURED',
  SERVICE_UNAVAILABLE = 'SERVICE_UNAVAILABLE',
  INTERNAL_SERVER_ERROR = 'INTERNAL_SERVER_ERROR',
}

/** The codes in `extensions.fields`. */
export const FieldErrorCode = {
  REQUIRED: 'REQUIRED',
  INVALID: 'INVALID',
  OUT_OF_RANGE: 'OUT_OF_RANGE',
  TOO_SHORT: 'TOO_SHORT',
  TOO_LONG: 'TOO_LONG',
  NEEDS_LETTER_AND_DIGIT: 'NEEDS_LETTER_AND_DIGIT',
  TOO_COMMON: 'TOO_COMMON',
  CONTAINS_IDENTIFIER: 'CONTAINS_IDENTIFIER',
  TAKEN: 'TAKEN',
} as const

export type FieldFaultCode = keyof typeof FieldErrorCode

/** A fault of the input: its path (`input.username`, `first`), the broken rule, and a sentence. Never the value. */
export interface FieldFault {
  path: string
  code: FieldFaultCode
  message: string
}

/** A failure with a code for clients. `message` and `extensions` are public, `cause` is for the log only. */
export abstract class AppError extends Error {
  readonly extensions: { code: ErrorCode; [key: string]: unknown }

  constructor(code: ErrorCode, message: string, details: Record<string, unknown> = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = new.target.name
    this.extensions = { ...details, code }
  }
}

export class BadUserInputError extends AppError {
  constructor(readonly fields: FieldFault[]) {
    super(ErrorCode.BAD_USER_INPUT, 'The input is not valid.', { fields })
  }
}

export class UnauthenticatedError extends AppError {
  constructor() {
    super(ErrorCode.UNAUTHENTICATED, 'Sign in first.')
  }
}

export class InvalidCredentialsError extends AppError {
  constructor(message = 'Unknown account or wrong password.', details: { field?: string } = {}) {
    super(ErrorCode.INVALID_CREDENTIALS, message, details)
  }
}

/** Of `reauthenticate`. */
export class WrongPasswordError extends InvalidCredentialsError {
  constructor() {
    super('The password is wrong.', { field: 'password' })
  }
}

/** Of a change that asks for `currentPassword`. */
export class WrongCurrentPasswordError extends InvalidCredentialsError {
  constructor() {
    super('The current password is wrong.', { field: 'currentPassword' })
  }
}

export class AccountDisabledError extends AppError {
  constructor() {
    super(ErrorCode.ACCOUNT_DISABLED, 'This account is disabled.')
  }
}

/** Of a sign-in, with the right password. */
export class EmailNotVerifiedError extends AppError {
  constructor() {
    super(ErrorCode.EMAIL_NOT_VERIFIED, 'Confirm the e-mail address first, by the link in the mail.')
  }
}

/** One answer for all that is wrong with a token, so that nobody learns what one was for. */
export class MailTokenInvalidError extends AppError {
  constructor() {
    super(ErrorCode.MAIL_TOKEN_INVALID, 'The link is not valid any more. Ask for a new one.')
  }
}

export class NotConfiguredError extends AppError {
  constructor() {
    super(ErrorCode.NOT_CONFIGURED, 'This needs mail, which is not set up here.')
  }
}

export class ForbiddenError extends AppError {
  /** @param permissions what the viewer lacks, as the enum `Permission` spells them; where others have more rights */
  constructor(permissions?: readonly string[]) {
    const details = permissions === undefined ? {} : { permissions }
    super(ErrorCode.FORBIDDEN, 'You are not permitted to do this.', details)
  }
}

/** The password was right, and the second factor is missing. */
export class SecondFactorRequiredError extends AppError {
  constructor() {
    const methods = ['TOTP', 'RECOVERY_CODE']
    super(ErrorCode.SECOND_FACTOR_REQUIRED, 'Give the second factor too.', { methods })
  }
}

export class SecondFactorInvalidError extends AppError {
  constructor() {
    super(ErrorCode.SECOND_FACTOR_INVALID, 'The code is wrong, used or too old.')
  }
}

export class ReauthenticationRequiredError extends AppError {
  constructor() {
    super(ErrorCode.REAUTHENTICATION_REQUIRED, 'Signed in, but not lately enough for this: call reauthenticate.')
  }
}

export class CsrfFailedError extends AppError {
  /** @param message what came and what would be right, never a token; it is logged too */
  constructor(message: string) {
    super(ErrorCode.CSRF_FAILED, message)
  }
}

export class CsrfTokenError extends CsrfFailedError {
  /** @param given the header as sent; the message does not repeat it */
  constructor(given: string | null) {
    const fault = given === null ? 'is missing' : 'is not the one of this session'
    super(
      `The header x-csrf-token ${fault}. It is the csrfToken that login and refresh answer, and the cookie beside the refresh cookie holds.`,
    )
  }
}

export class NotFoundError extends AppError {
  /** @param what the name of the type; never a value */
  constructor(what: string) {
    super(ErrorCode.NOT_FOUND, `${what} not found.`)
  }
}

/** A field of an account that no other account may have too. */
export type UniqueField = 'username' | 'email'

/** What is there forbids it: something is taken, in use, on already, or there are as many as there may be. */
export class ConflictError extends AppError {
  /** @param message a sentence with names of the schema, and no value */
  constructor(message: string, details: Record<string, unknown> = {}) {
    super(ErrorCode.CONFLICT, message, details)
  }
}

/** An active administrator has to be left. */
export class LastAdministratorError extends ConflictError {
  constructor() {
    super('The last active administrator must stay.')
  }
}

export class TakenError extends ConflictError {
  /** @param field of the input that is taken: the first of them where there are several */
  constructor(field: string, ...others: string[]) {
    const fields = [field, ...others].map(takenFault)
    super(takenMessage(field), { field, fields })
  }
}

function takenFault(field: string): FieldFault {
  return { path: `input.${field}`, code: 'TAKEN', message: takenMessage(field) }
}

function takenMessage(field: string): string {
  return `This ${field} is already taken.`
}

export class RefreshTokenInvalidError extends AppError {
  constructor(message = 'The refresh token is not valid.') {
    super(ErrorCode.REFRESH_TOKEN_INVALID, message)
  }
}

export class RefreshTokenReusedError extends AppError {
  constructor() {
    super(ErrorCode.REFRESH_TOKEN_REUSED, 'The refresh token had been used before; its session is revoked.')
  }
}

export class RateLimitedError extends AppError {
  /** @param retryAfterSeconds whole seconds, at least 1 */
  constructor(readonly retryAfterSeconds: number) {
    super(ErrorCode.RATE_LIMITED, 'Too many tries.', { retryAfter: retryAfterSeconds })
  }
}

export class QueryTooComplexError extends AppError {
  constructor(message: string) {
    super(ErrorCode.QUERY_TOO_COMPLEX, message)
  }
}

export class ServiceUnavailableError extends AppError {
  /** @param options.outcome 'unknown' when a commit was sent and its answer lost */
  constructor(options: { cause?: unknown; outcome?: 'unknown' } = {}) {
    super(
      ErrorCode.SERVICE_UNAVAILABLE,
      'A part that the service needs is down or busy. Try again.',
      options.outcome ? { outcome: options.outcome } : {},
      options.cause,
    )
  }
}

/** The service cannot start, for a reason that the operator can fix. The message is printed as it is. */
export class StartRefusedError extends Error {
  override name = 'StartRefusedError'
}
