import { Client, cacheExchange, fetchExchange } from '@urql/core'
import { authExchange } from '@urql/exchange-auth'
import { clientOptions } from 'gatehouse-client/urql'
import { askForPassword } from './password-request.ts'
import { session } from './session.ts'

/** One for each user, as urql's caches cannot be emptied. */
export function createClient(): Client {
  return new Client({
    ...clientOptions(session),
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
