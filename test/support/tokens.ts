import type { App } from '../../src/app.ts'
import { type Answer, type CallOptions, TestClient } from './client.ts'
import { PASSWORD } from './story.ts'

/** The answer of `login` and `refresh`. */
export interface Tokens {
  accessToken: string
  accessTokenExpiresAt: string
  accessTokenExpiresIn: number
  refreshToken: string | null
  csrfToken: string | null
  session: { id: string; isCurrent: boolean; createdAt: string; lastActiveAt: string; expiresAt: string }
  user: { id: string }
}

const TOKENS = `accessToken accessTokenExpiresAt accessTokenExpiresIn refreshToken csrfToken
  session { id isCurrent createdAt lastActiveAt expiresAt } user { id }`
export const LOGIN = `mutation ($input: LoginInput!) { login(input: $input) { ${TOKENS} } }`
export const REFRESH = `mutation ($input: RefreshInput) { refresh(input: $input) { ${TOKENS} } }`

export async function login(
  app: Pick<App, 'url'>,
  identifier: string,
  password = PASSWORD,
  options: CallOptions = {},
): Promise<Answer<{ login: Tokens | null }>> {
  return new TestClient(app.url).run(LOGIN, { input: { identifier, password } }, options)
}

export async function refresh(
  app: Pick<App, 'url'>,
  refreshToken: string | null | undefined,
  options: CallOptions = {},
): Promise<Answer<{ refresh: Tokens | null }>> {
  return new TestClient(app.url).run(REFRESH, { input: { refreshToken } }, options)
}

/** Like `refresh`, for a valid token. */
export async function refreshed(
  app: Pick<App, 'url'>,
  refreshToken: string,
): Promise<Tokens & { refreshToken: string }> {
  const { data, errors } = await refresh(app, refreshToken)
  const tokens = data?.refresh
  if (!tokens?.refreshToken) throw new Error(`Not refreshed: ${JSON.stringify(errors)}`)
  return { ...tokens, refreshToken: tokens.refreshToken }
}

/** The error codes of a request with the token; none when it is valid. */
export async function codesOf(app: Pick<App, 'url'>, token: string): Promise<string[]> {
  return (await new TestClient(app.url).run('{ me { id } }', undefined, { token })).codes
}

export interface Entry {
  action: string
  userId: string | null
  actorId: string | null
  details: string | null
}

/** The activity of all accounts, oldest first. */
export async function activities(admin: TestClient, filter: object = {}): Promise<Entry[]> {
  const document = `query ($filter: ActivityFilter) {
    activities(first: 100, filter: $filter) { nodes { action userId actorId details } }
  }`
  const { activities } = await admin.get<{ activities: { nodes: Entry[] } }, object>(document, { filter })
  return activities.nodes.reverse()
}

/** Path and code of each fault in the first error. */
export function faultsOf({ errors }: Answer<unknown>): [string, string][] {
  const fields = (errors[0]?.extensions.fields ?? []) as { path: string; code: string }[]
  return fields.map(({ path, code }) => [path, code])
}
