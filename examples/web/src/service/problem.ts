import { CombinedError } from '@urql/core'
import { type ErrorCode, SessionEndedError } from 'gatehouse-client'
import { PasswordNotGivenError } from './password-request.ts'

/** What went wrong, in words for people. */
export interface Problem {
  text: string
  code: string | null
  /** A sentence for each field of the form. */
  fields: Record<string, string>
  /** For a report; null where there is none. */
  requestId: string | null
}

interface Details {
  code?: string
  field?: string
  fields?: { path: string; message: string }[]
  retryAfter?: number
  outcome?: string
  permissions?: string[]
  requestId?: string
}

const SENTENCES: Record<ErrorCode, string> = {
  ACCOUNT_DISABLED: 'This account is disabled. Ask an administrator.',
  BAD_USER_INPUT: 'Something in the form has to be mended first.',
  CONFLICT: 'That is not possible as things are.',
  CSRF_FAILED: 'The browser and the service disagree about who you are. Reload the page and try again.',
  DOCUMENT_NOT_FOUND: 'The service does not know this version of the page. Reload it.',
  DOCUMENT_NOT_TRUSTED: 'The service does not take what this page sends.',
  EMAIL_NOT_VERIFIED: 'Confirm your e-mail address first. A mail with a link is on its way to you.',
  FORBIDDEN: 'You may not do this.',
  INTERNAL_SERVER_ERROR: 'Something broke on our side.',
  INVALID_CREDENTIALS: 'Unknown account or wrong password.',
  MAIL_TOKEN_INVALID: 'This link is used, replaced by a later one, or too old.',
  NOT_CONFIGURED: 'This needs mail, which is not set up here.',
  NOT_FOUND: 'This is not there any more.',
  QUERY_TOO_COMPLEX: 'That is too much at once.',
  RATE_LIMITED: 'Too many tries.',
  REAUTHENTICATION_REQUIRED: 'This needs your password again. Nothing was changed.',
  REFRESH_TOKEN_INVALID: 'Your session has ended. Sign in again.',
  REFRESH_TOKEN_REUSED: 'Your session was ended, because its key was used twice. Sign in again.',
  SECOND_FACTOR_INVALID: 'This code is wrong, used or too old. Wait for the next one.',
  SECOND_FACTOR_REQUIRED: 'The code of your authenticator app is needed too.',
  SERVICE_UNAVAILABLE: 'A part of the service is away. Try again in some seconds.',
  UNAUTHENTICATED: 'Sign in first.',
}

const UNREACHABLE = 'The service cannot be reached. Check your connection and try again.'

/** Takes what urql, the session or `fetch` threw. */
export function problemOf(error: unknown): Problem {
  const cause = error instanceof CombinedError ? (error.networkError ?? error.graphQLErrors[0]) : error
  if (cause instanceof SessionEndedError) return plain(SENTENCES.REFRESH_TOKEN_INVALID, 'REFRESH_TOKEN_INVALID')
  if (cause instanceof PasswordNotGivenError)
    return plain(SENTENCES.REAUTHENTICATION_REQUIRED, 'REAUTHENTICATION_REQUIRED')
  if (!isRefusal(cause)) return plain(UNREACHABLE, null)
  const { message, extensions } = cause
  return {
    text: sentence(extensions, message),
    code: extensions.code ?? null,
    fields: fieldsOf(extensions, message),
    requestId: extensions.requestId ?? null,
  }
}

/** A GatehouseError, or one entry of `errors`, which urql hands on as it came. */
function isRefusal(cause: unknown): cause is { message: string; extensions: Details } {
  return typeof cause === 'object' && cause !== null && 'extensions' in cause
}

function plain(text: string, code: string | null): Problem {
  return { text, code, fields: {}, requestId: null }
}

/** Of a later version of the service there may be codes that are not in the table. */
function sentence(details: Details, message: string): string {
  const known = SENTENCES[details.code as ErrorCode] ?? message
  if (details.code === 'RATE_LIMITED') return `${known} Try again in ${waiting(details.retryAfter ?? 60)}.`
  if (details.code === 'FORBIDDEN' && details.permissions?.length) {
    return `You may not do this, because it takes what you may not do yourself: ${details.permissions.join(', ')}.`
  }
  if (details.outcome === 'unknown') return 'No answer came in time. It may have been done: look before you try again.'
  // The service says which of its rules it is.
  if (details.code === 'CONFLICT' || details.code === 'INVALID_CREDENTIALS') return message
  return known
}

function fieldsOf({ code, field, fields }: Details, message: string): Record<string, string> {
  if (code === 'SECOND_FACTOR_INVALID') return { code: SENTENCES.SECOND_FACTOR_INVALID }
  const sentences: Record<string, string> = field && !fields ? { [field]: message } : {}
  for (const { path, message: text } of fields ?? []) {
    const name = path.replace(/^input\./, '')
    sentences[name] = sentences[name] ? `${sentences[name]} ${text}` : text
  }
  return sentences
}

function waiting(seconds: number): string {
  if (seconds < 90) return `${seconds} seconds`
  return seconds < 5400 ? `${Math.ceil(seconds / 60)} minutes` : `${Math.ceil(seconds / 3600)} hours`
}
