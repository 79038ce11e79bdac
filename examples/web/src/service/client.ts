import { Client, cacheExchange, fetchExchange } from '@urql/core'
import { authExchange } from '@urql/exchange-auth'
import { SessionEndedError } from 'gatehouse-client'
import { clientOptions } from 'gatehouse-client/urql'
import { askForPassword } from './password-request.ts'
import { session, signIn } from './session.ts'

/**
 * One for each user, as urql's caches cannot be emptied. Once somebody else has signed in it sends nothing any more: what
 * one user began is never done as the next.
 */
export function createClient(userId: string | null): Client {
  const fetchAsUser: typeof fetch = async (...request) => {
    if (userId !== null && signIn.get().userId !== userId) throw new SessionEndedError('Somebody else has signed in.')
    return session.fetch(...request)
  }
  return new Client({
    ...clientOptions(session),
    fetch: fetchAsUser,
    // What is on the screen comes back at once, and is then asked for afresh.
    requestPolicy: 'cache-and-network',
    exchanges: [cacheExchange, freshSessionExchange(), fetchExchange],
  })
}

/** The one place for REAUTHENTICATION_REQUIRED: asks who is there, then sends the same again, once. */
function freshSessionExchange() {
  return authExchange(async () => ({
    addAuthToOperation: (operation) => operation,
    didAuthError: ({ graphQLErrors }) =>
      graphQLErrors.some(({ extensions }) => extensions['code'] === 'REAUTHENTICATION_REQUIRED'),
    refreshAuth: askForPassword,
  }))
}
