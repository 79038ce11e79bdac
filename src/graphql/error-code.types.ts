import { registerEnumType } from 'type-graphql'
import { ErrorCode } from '../errors.ts'

registerEnumType(ErrorCode, {
  name: 'ErrorCode',
  description:
    "extensions.code of an error. Beside these, Apollo Server's own for requests that never ran: GRAPHQL_PARSE_FAILED, GRAPHQL_VALIDATION_FAILED, OPERATION_RESOLUTION_FAILURE, PERSISTED_QUERY_NOT_SUPPORTED, BAD_REQUEST.",
  valuesConfig: {
    BAD_USER_INPUT: { description: 'The input breaks a rule; extensions.fields lists { path, code, message }.' },
    UNAUTHENTICATED: { description: 'No credentials, or they are expired, revoked or forged.' },
    INVALID_CREDENTIALS: { description: 'Unknown account or wrong password; the two are not told apart.' },
    ACCOUNT_DISABLED: { description: 'The password was right and the account is disabled.' },
    FORBIDDEN: { description: 'Signed in, and not permitted.' },
    CSRF_FAILED: { description: 'The cookie came without a matching x-csrf-token, or from a foreign origin.' },
    NOT_FOUND: { description: 'There is nothing of this id that the viewer may act on.' },
    CONFLICT: {
      description:
        'Already taken; extensions.field names what: username, email, name. Without a field: the last administrator, a limit, something in use or built in, something that is on already.',
    },
    REFRESH_TOKEN_INVALID: {
      description: 'The refresh token is malformed, unknown, expired, or its session has ended.',
    },
    REFRESH_TOKEN_REUSED: { description: 'The refresh token had been used before; its session is now revoked.' },
    RATE_LIMITED: { description: 'extensions.retryAfter says in how many seconds to try again.' },
    QUERY_TOO_COMPLEX: { description: 'Too deep, too long or too costly.' },
    DOCUMENT_NOT_FOUND: { description: 'There is no trusted document of this documentId.' },
    DOCUMENT_NOT_TRUSTED: {
      description: 'The service runs trusted documents alone: send a documentId in place of a text.',
    },
    SECOND_FACTOR_REQUIRED: {
      description:
        'The password was right and the account has a second factor; extensions.methods lists TOTP and RECOVERY_CODE.',
    },
    SECOND_FACTOR_INVALID: { description: 'The code is wrong, used or too old.' },
    REAUTHENTICATION_REQUIRED: {
      description: 'Signed in, but not lately enough for this: call reauthenticate.',
    },
    EMAIL_NOT_VERIFIED: {
      description: 'The password was right, and the address must be confirmed first; a mail is on its way.',
    },
    MAIL_TOKEN_INVALID: {
      description: 'The token of a mail is malformed, unknown, used, replaced by a later one, or expired.',
    },
    NOT_CONFIGURED: { description: 'The operator has not set up what this needs: mail.' },
    SERVICE_UNAVAILABLE: {
      description:
        "A part that the service needs is down or busy; nothing was done, or extensions.outcome is 'unknown'.",
    },
    INTERNAL_SERVER_ERROR: {
      description: 'A fault of the service; extensions.requestId, or the header x-request-id, finds it in the log.',
    },
  },
})

export { ErrorCode }
