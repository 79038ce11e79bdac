/** What is another each time in an answer, replaced by what people can read. Equal ids stay equal. */

const UUID = /\b[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[\da-f]{4}-[\da-f]{12}\b/g
/** The names that `signUp` and `signUpAdmin` make. */
const NAME = /\b(alice|bob|chief)\d+\b/g
const NEW_NAME = /\bfresh\d+\b/g
const ROLE = /\brole-\d+\b/g
const SECRETS: Record<string, unknown> = {
  accessToken: 'eyJ…',
  refreshToken: '…',
  csrfToken: '…',
  token: '…',
  secret: '…',
  uri: 'otpauth://totp/…',
  code: '123456',
  recoveryCode: '…',
  endCursor: '…',
  startCursor: '…',
  cursor: '…',
  requestId: '…',
  retryAfter: 30,
}

export function normalize<T>(value: T): T {
  const ids = new Map<string, string>()
  const plainId = (id: string) => {
    const known = ids.get(id) ?? `019c13ec-9e00-7000-8000-${String(ids.size + 1).padStart(12, '0')}`
    ids.set(id, known)
    return known
  }
  const plain = (key: string, found: unknown): unknown => {
    if (key === 'recoveryCodes' && Array.isArray(found)) return found.map(() => '…')
    if (found !== null && key in SECRETS && !isErrorCode(found)) return SECRETS[key]
    if (typeof found !== 'string') return found
    return found.replace(UUID, plainId).replace(NAME, '$1').replace(NEW_NAME, 'carol').replace(ROLE, 'support')
  }
  return JSON.parse(JSON.stringify(value, plain)) as T
}

/** `code` is a code of an app in inputs, and an error's in errors. */
function isErrorCode(found: unknown): boolean {
  return typeof found === 'string' && /^[A-Z_]+$/.test(found)
}
