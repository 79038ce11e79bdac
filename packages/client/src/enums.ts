/** What happened. */
export type ActivityAction =
  /** A root field was refused. Details: the field's name. */
  | 'ACCESS_DENIED'
  /** An API key was made. Details: the key's id. */
  | 'API_KEY_CREATED'
  /** An API key was ended. Details: the key's id. */
  | 'API_KEY_REVOKED'
  /** The e-mail address changed. */
  | 'EMAIL_CHANGED'
  /** A new e-mail address was given, which waits for its confirmation. */
  | 'EMAIL_CHANGE_REQUESTED'
  /** A change of the e-mail address was taken back by the link in the mail to the old one; the sessions and the password ended. */
  | 'EMAIL_CHANGE_REVERTED'
  /** The e-mail address was confirmed by the link of a mail. */
  | 'EMAIL_VERIFIED'
  /** The password changed; the other sessions ended. */
  | 'PASSWORD_CHANGED'
  /** A new password was set by the link of a mail; the sessions ended. */
  | 'PASSWORD_RESET'
  /** Somebody asked for a link that sets a new password. */
  | 'PASSWORD_RESET_REQUESTED'
  /** The account was removed and its addresses cleared. */
  | 'PROFILE_DELETED'
  /** Username or display name changed. */
  | 'PROFILE_UPDATED'
  /** Password, and second factor where there is one, were given again. */
  | 'REAUTHENTICATED'
  /** New recovery codes were handed out. */
  | 'RECOVERY_CODES_REPLACED'
  /** A recovery code served as second factor. */
  | 'RECOVERY_CODE_USED'
  /** A used refresh token came again; its session was revoked. */
  | 'REFRESH_TOKEN_REUSED'
  /** A role was made. Details: its name. */
  | 'ROLE_CREATED'
  /** A role was removed. Details: its name. */
  | 'ROLE_DELETED'
  /** A role was changed. Details: its name. */
  | 'ROLE_UPDATED'
  /** The second factor was turned on. */
  | 'SECOND_FACTOR_ADDED'
  /** The password was right, and the second factor wrong, used or too old. */
  | 'SECOND_FACTOR_FAILED'
  /** The second factor was turned off. */
  | 'SECOND_FACTOR_REMOVED'
  /** An administrator turned the second factor off; the sessions ended. */
  | 'SECOND_FACTOR_RESET'
  /** A session was ended. Details: its id, a space, and REVOKED or MAX_SESSIONS. */
  | 'SESSION_REVOKED'
  /** An administrator enabled the account. */
  | 'USER_ACTIVATED'
  /** An administrator made the account. */
  | 'USER_CREATED'
  /** An administrator disabled the account; its sessions ended. */
  | 'USER_DEACTIVATED'
  /** An administrator removed the account. */
  | 'USER_DELETED'
  /** An operator brought the account along from another program, or changed it so. */
  | 'USER_IMPORTED'
  /** Signed in. */
  | 'USER_LOGIN'
  /** A sign-in was refused: unknown account, wrong password or disabled account. */
  | 'USER_LOGIN_FAILED'
  /** Signed out. */
  | 'USER_LOGOUT'
  /** Somebody opened an account. */
  | 'USER_REGISTERED'
  /** An administrator changed the role. */
  | 'USER_ROLE_CHANGED'
  /** An administrator changed username, e-mail address or display name. */
  | 'USER_UPDATED';

/** Who calls a root field. */
export type Caller =
  /** Anybody, signed in or not. */
  | 'ANYONE'
  /** An API key. */
  | 'API_KEY'
  /** A session: an access token. */
  | 'SESSION';

/** extensions.code of an error. Beside these, Apollo Server's own for requests that never ran: GRAPHQL_PARSE_FAILED, GRAPHQL_VALIDATION_FAILED, OPERATION_RESOLUTION_FAILURE, PERSISTED_QUERY_NOT_SUPPORTED, BAD_REQUEST. */
export type ErrorCode =
  /** The password was right and the account is disabled. */
  | 'ACCOUNT_DISABLED'
  /** The input breaks a rule; extensions.fields lists { path, code, message }. */
  | 'BAD_USER_INPUT'
  /** Already taken; extensions.field names what: username, email, name. Without a field: the last administrator, a limit, something in use or built in, something that is on already. */
  | 'CONFLICT'
  /** The cookie came without a matching x-csrf-token, or from a foreign origin. */
  | 'CSRF_FAILED'
  /** There is no trusted document of this documentId. */
  | 'DOCUMENT_NOT_FOUND'
  /** The service runs trusted documents alone: send a documentId in place of a text. */
  | 'DOCUMENT_NOT_TRUSTED'
  /** The password was right, and the address must be confirmed first; a mail is on its way. */
  | 'EMAIL_NOT_VERIFIED'
  /** Signed in, and not permitted. */
  | 'FORBIDDEN'
  /** A fault of the service; extensions.requestId, or the header x-request-id, finds it in the log. */
  | 'INTERNAL_SERVER_ERROR'
  /** Unknown account or wrong password; the two are not told apart. */
  | 'INVALID_CREDENTIALS'
  /** The token of a mail is malformed, unknown, used, replaced by a later one, or expired. */
  | 'MAIL_TOKEN_INVALID'
  /** The operator has not set up what this needs: mail. */
  | 'NOT_CONFIGURED'
  /** There is nothing of this id that the viewer may act on. */
  | 'NOT_FOUND'
  /** Too deep, too long or too costly. */
  | 'QUERY_TOO_COMPLEX'
  /** extensions.retryAfter says in how many seconds to try again. */
  | 'RATE_LIMITED'
  /** Signed in, but not lately enough for this: call reauthenticate. */
  | 'REAUTHENTICATION_REQUIRED'
  /** The refresh token is malformed, unknown, expired, or its session has ended. */
  | 'REFRESH_TOKEN_INVALID'
  /** The refresh token had been used before; its session is now revoked. */
  | 'REFRESH_TOKEN_REUSED'
  /** The code is wrong, used or too old. */
  | 'SECOND_FACTOR_INVALID'
  /** The password was right and the account has a second factor; extensions.methods lists TOTP and RECOVERY_CODE. */
  | 'SECOND_FACTOR_REQUIRED'
  /** A part that the service needs is down or busy; nothing was done, or extensions.outcome is 'unknown'. */
  | 'SERVICE_UNAVAILABLE'
  /** No credentials, or they are expired, revoked or forged. */
  | 'UNAUTHENTICATED';

/** The code of one entry of extensions.fields. */
export type FieldErrorCode =
  /** The password contains the username or the e-mail address's local part. */
  | 'CONTAINS_IDENTIFIER'
  /** The value has another form than the field asks for. */
  | 'INVALID'
  /** A password of fewer than 15 characters needs a letter and a digit. */
  | 'NEEDS_LETTER_AND_DIGIT'
  /** The number or moment is too small or too large. */
  | 'OUT_OF_RANGE'
  /** A value is needed. */
  | 'REQUIRED'
  /** Another account has the value; only with CONFLICT. */
  | 'TAKEN'
  /** The password is one that many use. */
  | 'TOO_COMMON'
  /** The text has too many characters or bytes. */
  | 'TOO_LONG'
  /** The text has too few characters. */
  | 'TOO_SHORT';

/** Which end comes first. */
export type OrderDirection =
  /** The smallest first. */
  | 'ASC'
  /** The greatest first. */
  | 'DESC';

/** Written resource:action in logs and documents; PROFILE_READ is profile:read. */
export type Permission =
  /** Read what happened to every account. */
  | 'ACTIVITY_READ_ANY'
  /** Read what happened to the own account. */
  | 'ACTIVITY_READ_OWN'
  /** Remove the own account. */
  | 'PROFILE_DELETE'
  /** Remove every account. */
  | 'PROFILE_DELETE_ANY'
  /** Read the own profile. */
  | 'PROFILE_READ'
  /** Read every profile. */
  | 'PROFILE_READ_ANY'
  /** Change the own profile. */
  | 'PROFILE_UPDATE'
  /** Change every profile. */
  | 'PROFILE_UPDATE_ANY'
  /** Make, change and remove roles. */
  | 'ROLE_MANAGE'
  /** Ask whether an access token is good, with an API key. */
  | 'TOKEN_INTROSPECT'
  /** Make accounts. */
  | 'USER_CREATE'
  /** Remove accounts. */
  | 'USER_DELETE'
  /** List accounts and their sessions. */
  | 'USER_READ'
  /** Change accounts, their roles and sessions. */
  | 'USER_UPDATE';

/** How the refresh token of a session travels. */
export type TokenTransport =
  /** Refresh token in the answer: mobile, command line, servers. */
  | 'BODY'
  /** Refresh token in an HttpOnly cookie: browsers. */
  | 'COOKIE';

/** What users are ordered by. Names and addresses without regard to case. */
export type UserOrderField =
  /** When the account was opened. */
  | 'CREATED_AT'
  /** The e-mail address. */
  | 'EMAIL'
  /** The username. */
  | 'USERNAME';
