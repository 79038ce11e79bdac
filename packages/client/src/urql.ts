import type { Session } from './index.ts'

/** For `createClient(…)` or `new Client(…)`: sends access tokens, and renews them. Add `exchanges`. */
export function clientOptions(session: Session) {
  return {
    url: session.url,
    fetch: session.fetch,
    fetchOptions: { credentials: 'include' as const },
    preferGetMethod: false as const,
  }
}

/** A client for each user, because urql's caches cannot be emptied. Calls `use` at once and on each change. */
export function clientForEachUser<T>(session: Session, make: () => T, use: (client: T) => void): () => void {
  use(make())
  return session.onChange(() => use(make()))
}
