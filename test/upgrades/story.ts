/** The settings of the dumped databases. Lifetimes of 63 years, so that tokens do not end before the test. */
export const DUMP_SETTINGS = {
  NODE_ENV: 'test',
  PORT: '0',
  LOG_LEVEL: 'silent',
  RATE_LIMIT_FACTOR: '1000',
  SECRET_KEY: 'the key of a database that is upgraded in tests',
  ACCESS_TOKEN_TTL: '2000000000',
  REFRESH_TOKEN_TTL: '2000000000',
  SESSION_TTL: '2000000000',
  PASSWORD_HASH_MEMORY_KIB: '256',
  PASSWORD_HASH_ITERATIONS: '1',
}

/** What clients held when the database was dumped. Tokens, cookies and cursors as hex (`hexOf`). */
export interface Story {
  /** The names of the accounts that may sign in, and of one that is disabled. */
  usernames: string[]
  disabled: string
  /** Access tokens by their holder, whose sessions have transport BODY. */
  accessTokens: Record<string, string>
  /** Refresh tokens that have not been used. */
  refreshTokens: string[]
  /** Replaced by the first of `refreshTokens`, long ago. */
  usedRefreshToken: string
  /** The session of a browser. */
  cookies: Record<string, string>
  csrfToken: string
  browserAccessToken: string
  /** Questions of the holder of an access token, with the answers that the service gave. */
  answers: { by: string; query: string; after?: string; data: object }[]
}

/** Texts of random characters stand as hex in files, so that the check for secrets need not leave the files out. */
export function hexOf(text: string): string {
  return Buffer.from(text).toString('hex')
}

export function textOf(hex: string): string {
  return Buffer.from(hex, 'hex').toString()
}
