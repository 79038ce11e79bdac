import { createSession, type EndReason } from 'gatehouse-client'
import { Store } from './store.ts'

/** The API is on the page's own origin. */
export const session = createSession({ url: `${location.origin}/graphql`, transport: 'COOKIE' })

interface SignIn {
  /** False until it is known whether somebody is signed in. */
  isKnown: boolean
  userId: string | null
  /** Why the last session ended; null where none did. */
  reason: EndReason | null
}

export const signIn = new Store<SignIn>({ isKnown: false, userId: null, reason: null })

session.onChange(({ user, reason }) => signIn.set({ isKnown: true, userId: user?.userId ?? null, reason }))

// After a reload: a session that is over shows now, and one that cannot be asked about is believed.
void session
  .token()
  .catch(() => undefined)
  .finally(() => signIn.set({ ...signIn.get(), isKnown: true, userId: session.user?.userId ?? null }))
