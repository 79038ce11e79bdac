import type { Session } from './index.ts'

/** What is used of `ApolloClient`. */
type Client = Record<'clearStore' | 'resetStore', () => Promise<unknown>>

/** For `new HttpLink(…)`: sends access tokens, and renews them. */
export function linkOptions(session: Session) {
  return { uri: session.url, fetch: session.fetch, credentials: 'include' as const }
}

/** Empties the cache when the user changes, and stops what is under way, so that nobody sees what was another's. */
export function emptyCacheOnChange(client: Client, session: Session): () => void {
  return session.onChange(({ user }) => {
    // Active queries that fail tell so themselves.
    void (user ? client.resetStore() : client.clearStore()).catch(() => undefined)
  })
}
