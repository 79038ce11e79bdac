import type { ErrorCode } from '../../src/errors.ts'

interface Advice {
  /** What a client does. */
  todo: string
  /** What `extensions` holds beside the code. */
  beside?: string
}

/** What the schema does not say of each code: a new code without a line here does not compile. */
export const ADVICE: Record<`${ErrorCode}`, Advice> = {
  ACCOUNT_DISABLED: { todo: 'Tell: only an administrator can enable the account.' },
  BAD_USER_INPUT: {
    todo: 'Show each fault beside its field.',
    beside: '`fields`: `path`, `code` and `message` each. It is missing where GraphQL itself refused a variable.',
  },
  CONFLICT: {
    todo: 'Ask for another value.',
    beside:
      '`field`, and `fields` with `TAKEN` each. Neither for the last administrator, or where something is on already.',
  },
  CSRF_FAILED: {
    todo: 'Send `csrfToken` as `x-csrf-token`, from an allowed origin. The message says what is missing; the session lives on.',
  },
  DOCUMENT_NOT_FOUND: { todo: 'Give the operator the documents of this version of the client; do not send the text.' },
  DOCUMENT_NOT_TRUSTED: { todo: 'Send the `documentId` of a trusted document in place of a text.' },
  EMAIL_NOT_VERIFIED: { todo: 'Tell: the link in the mail confirms the address. Then sign in again.' },
  FORBIDDEN: {
    todo: 'Tell: signing in again changes nothing.',
    beside: '`permissions` that the viewer lacks, where a role, a key or another account has more rights.',
  },
  INTERNAL_SERVER_ERROR: { todo: 'Report it with its `requestId`.', beside: '`requestId`.' },
  INVALID_CREDENTIALS: {
    todo: 'Ask again.',
    beside: '`field`, where a password was asked for once more: `currentPassword`, `password`.',
  },
  MAIL_TOKEN_INVALID: { todo: 'Offer a new link.' },
  NOT_CONFIGURED: { todo: 'Hide what needs mail.' },
  NOT_FOUND: { todo: 'Load the list again.' },
  QUERY_TOO_COMPLEX: { todo: 'Ask for less at once: fewer fields, shorter pages.' },
  RATE_LIMITED: { todo: 'Wait, then send the same again.', beside: '`retryAfter`, in seconds.' },
  REAUTHENTICATION_REQUIRED: {
    todo: 'Ask for password and code, call `reauthenticate`, and send the same again.',
  },
  REFRESH_TOKEN_INVALID: { todo: 'Ask for the password: the session is over.' },
  REFRESH_TOKEN_REUSED: {
    todo: 'Ask for the password, and tell the user: somebody else may have had the token.',
  },
  SECOND_FACTOR_INVALID: { todo: 'Ask for another code; each works once.' },
  SECOND_FACTOR_REQUIRED: {
    todo: 'Ask for a code, and send it with the password as `secondFactor`.',
    beside: '`methods`: `TOTP`, `RECOVERY_CODE`.',
  },
  SERVICE_UNAVAILABLE: {
    todo: 'Try again in some seconds.',
    beside: '`outcome: "unknown"` where a change may have been made: look before you send it again.',
  },
  UNAUTHENTICATED: { todo: 'Refresh, then send the same again; ask for the password where that is refused.' },
}
